# archives.sh - sourced by scripts/demo and the end-to-end tests: makes, serves and stops
# archives.
#
# An estate is one folder:
#
#   ESTATE/archives/ENT     the archives          ESTATE/device.pem  the operator's key
#   ESTATE/run/ENT.pid      a process of ours     ESTATE/fleet.conf  for the console
#   ESTATE/run/ENT.ready    its ready line        ESTATE/run/ENT.err what it complained of
#
# The caller sets TOTEBOX and FLEET (the programs) and estate (the folder).  Only
# processes whose pid this file wrote down, and which still have the estate's name in
# their command line, are ever signalled.

tab=$(printf '\t')

# each COMMAND...: once for every entity of $source/entities.tsv, with the columns of its
# row as arguments: entity name kind currency group path weight exposes state.
each() {
	sed 1d "$source/entities.tsv" >"$estate/run/entities"
	while IFS=$tab read -r c1 c2 c3 c4 c5 c6 c7 c8 c9 <&3; do
		"$@" "$c1" "$c2" "$c3" "$c4" "$c5" "$c6" "$c7" "$c8" "$c9" || return
	done 3<"$estate/run/entities"
}

# archive_create ENTITY NAME KIND CURRENCY [ACCOUNTS]: an empty archive; ACCOUNTS is a
# file of `map` blocks for its archive.conf.
archive_create() {
	"$TOTEBOX" init "$estate/archives/$1" --entity "$1" --name "$2" --kind "$3" \
		--currency "$4" >"$estate/run/$1.init" || return
	[ -z "${5:-}" ] || cat "$5" >>"$estate/archives/$1/archive.conf"
}

# archive_import ENTITY FILE KIND [OPTION...]; archive_append ENTITY KIND NAME=VALUE...
archive_import() {
	imported=$1 from=$2
	shift 2
	"$TOTEBOX" import "$@" "$estate/archives/$imported" "$from" \
		>>"$estate/run/$imported.import"
}
archive_append() {
	appended=$1
	shift
	"$TOTEBOX" append "$estate/archives/$appended" "$@" >>"$estate/run/$appended.append"
}

# archive_expose ENTITY LEVEL ITEMS_FROM PERIOD...: what the role "aggregator" may see.
# LEVEL is total, account or item.
archive_expose() {
	expose_entity=$1 level=$2 items_from=$3
	shift 3
	periods=$(printf '"%s", ' "$@")
	{
		echo 'expose "group" {'
		echo '  to          = {"aggregator"}'
		echo '  views       = {"entity", "own", "pos", "metric", "obl", "fx", "note"}'
		echo "  periods     = {${periods%, }}"
		if [ "$level" = total ]; then
			echo '  granularity = "total"'
		else
			echo '  granularity = "account"'
		fi
		echo '}'
		if [ "$level" = item ]; then
			echo 'expose "reconciliation" {'
			echo '  to          = {"aggregator"}'
			echo '  views       = {"item"}'
			echo "  periods     = {${periods%, }}"
			echo '  granularity = "item"'
			echo "  items-from  = \"$items_from\""
			echo '}'
		fi
	} >"$estate/archives/$expose_entity/exposure.conf"
}

# device_create: the operator's key, and its public half into $public_key.
device_create() {
	"$FLEET" keys --create --device "$estate/device.pem" >"$estate/run/device" || return
	public_key=$(awk '$1 == "public-key" { print $2 }' "$estate/run/device")
	[ -n "$public_key" ]
}

# The fingerprint of an archive that was made here, running or not.
archive_own_key() { awk '$1 == "key" { print $2 }' "$estate/run/$1.init"; }

archive_pair() {
	"$TOTEBOX" pair "$estate/archives/$1" --public-key "$public_key" \
		--role aggregator >"$estate/run/$1.pair"
}

# archive_serve ENTITY [ADDRESS]: in the background; returns once it is ready.  With
# $guard set (a command prefix) the server is started through it.
archive_serve() {
	: >"$estate/run/$1.ready"
	${guard:-} "$TOTEBOX" serve "$estate/archives/$1" --listen "${2:-127.0.0.1:0}" \
		>"$estate/run/$1.ready" 2>"$estate/run/$1.err" </dev/null &
	echo $! >"$estate/run/$1.pid"
}

# archive_wait ENTITY: until its ready line is there; 10 s at most.
archive_wait() {
	tries=0
	until grep -q '^ready ' "$estate/run/$1.ready"; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ] || ! kill -0 "$(cat "$estate/run/$1.pid")" 2>/dev/null; then
			echo "totebox serve $1 did not get ready:" >&2
			cat "$estate/run/$1.err" >&2
			return 1
		fi
		sleep 0.05
	done
}

# estate_serve: all of them but those whose state is down.
serve_one() { [ "$9" = down ] || archive_serve "$1"; }
wait_one() { [ "$9" = down ] || archive_wait "$1"; }
estate_serve() {
	each serve_one
	each wait_one
}

# Of the ready line "ready ENTITY ADDRESS SHA256:...".
archive_address() { awk '$1 == "ready" { print $3 }' "$estate/run/$1.ready"; }
archive_key() { awk '$1 == "ready" { print $4 }' "$estate/run/$1.ready"; }

# process_signal SIGNAL FILE.pid: only if it is still the process that we started.
process_signal() {
	[ -f "$2" ] || return 0
	signalled=$(cat "$2")
	tr '\0' ' ' 2>/dev/null <"/proc/$signalled/cmdline" | grep -qF "$estate" || return 0
	kill "-$1" "$signalled" 2>/dev/null || true
}

# archive_kill ENTITY: at once, as a machine that loses its power.
archive_kill() {
	process_signal KILL "$estate/run/$1.pid"
	wait "$(cat "$estate/run/$1.pid")" 2>/dev/null || true
}

# estate_stop: everything that was started here; KILL for what has not ended after 3 s.
estate_stop() {
	for file in "$estate"/run/*.pid; do
		process_signal TERM "$file"
	done
	for file in "$estate"/run/*.pid; do
		tries=0
		[ -f "$file" ] || continue
		while [ $tries -lt 60 ] && kill -0 "$(cat "$file")" 2>/dev/null &&
			tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$file")/cmdline" |
			grep -qF "$estate"; do
			tries=$((tries + 1))
			sleep 0.05
		done
		process_signal KILL "$file"
		rm -f "$file"
	done
}

# conf_totebox: the arguments of each; a block for fleet.conf.
conf_totebox() {
	if [ "$9" = down ]; then
		# An archive whose machine is off: nobody listens on this port.
		address=127.0.0.1:1 key=$(archive_own_key "$1")
	else
		address=$(archive_address "$1") key=$(archive_key "$1")
	fi
	echo "totebox \"$1\" {"
	echo "  name    = \"$2\""
	echo "  address = \"$address\""
	echo "  key     = \"$key\""
	echo "  group   = \"$5\""
	[ "$6" = - ] || echo "  path    = \"$6\""
	echo "  weight  = $7"
	echo "}"
}
