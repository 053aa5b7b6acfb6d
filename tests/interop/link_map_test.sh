#!/bin/sh
# link_map_test.sh - what can be reached from the code that decodes what an archive sends,
# as the linker sees it.
#
# Who reads must not be able to answer a call, to sign, to mint a capability, to dial or
# to give a command.  Starting from the caller's objects (proto/caller*.o but for the calls
# of a Commander), the readers of batches and the store, every object that the linker would
# take along is looked at, and none may define or ask for a symbol of those.
cd "${top_builddir:-.}" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0
complain() { echo "not ok - $*"; status=1; }

command -v nm >/dev/null || { echo "skip link map: there is no nm"; exit 77; }
# symbol <tab> kind <tab> object, of all objects; U: asked for.
nm -A libproto.a libcore.a libnet.a 2>/dev/null | awk -F: '{
	n = split($NF, f, " "); print f[n] "\t" f[n - 1] "\t" $2 }' |
	grep -v "$(printf '\t[abdrstNn?]\t')" >"$work/symbols"
[ -s "$work/symbols" ] || { echo "not ok - libproto.a has no symbols"; exit 1; }

# reach PATTERN: the objects that match, and all that they pull in.
reach() {
	awk -F'\t' -v start="$1" '
		$2 != "U" && $2 != "w" { home[$1] = $3; next }
		$2 == "U" { asks[$3] = asks[$3] " " $1 }
		END {
			for (s in home) if (home[s] ~ start) queue[++n] = home[s]
			for (i = 1; i <= n; i++) {
				if (seen[queue[i]]++) continue
				print queue[i]
				m = split(asks[queue[i]], want, " ")
				for (k = 1; k <= m; k++)
					if (want[k] in home) queue[++n] = home[want[k]]
			}
		}' "$work/symbols" | sort -u
}
# names OBJECTS: every symbol that they define or ask for.
names() {
	while read -r object; do
		awk -F'\t' -v o="$object" '$3 == o { print $1 }' "$work/symbols"
	done | sort -u
}
forbidden='^(host_.*|sign|key_pair_.*|link_sign|token_append|exporter_prove|stream_.*|uv_.*|channel_.*|gnutls_.*|connect|socket|getaddrinfo|dlopen|dlsym|execv.*|system|popen|fopen|open|openat|creat|caller_submit|caller_status|command_.*|receipt_sign|links?_.*)$'
# link_id and link_encode are of capabilities, proto/link.h; the rest is core/link.h.
allowed='^link_(id|words|encode|decode|state_name)$'
readers='(^|-)(caller|caller_calls|caller_tables|batch_read|row_tables|row_key|store)\.o$'
# Who only decodes does not even name a Commander.
decoders='(^|-)(caller|caller_tables|batch_read|row_tables|row_key|store)\.o$'

# found PATTERN FORBIDDEN: what is reached of it.
found() {
	reach "$1" | names | grep -vE "$allowed" | grep -E "$2" | tr '\n' ' '
}
reach "$readers" >"$work/caller"
[ "$(grep -cE "$readers" "$work/caller")" -eq 7 ] ||
	complain "not all of $readers were found"
reached=$(found "$readers" "$forbidden")
[ -z "$reached" ] || complain "from the caller one can reach: $reached"
reached=$(found "$decoders" '^caller_(present_command|present|pairing|pair)$')
[ -z "$reached" ] || complain "from what decodes one can reach: $reached"
reached=$(grep -E '(^|-)caller' "$work/caller" | names |
	grep -E 'dispatch|export|answer_(open|add)' | tr '\n' ' ')
[ -z "$reached" ] || complain "the caller has what only a host needs: $reached"
echo "readers reach $(wc -l <"$work/caller") objects"

# The test of the test: a call that somebody adds is found, whatever it calls.
cp "$work/symbols" "$work/honest"
for call in sign host_new stream_dial uv_tcp_connect caller_submit command_digest \
	token_append fopen; do
	{ cat "$work/honest"; printf '%s\tU\tcaller.o\n' "$call"; } >"$work/symbols"
	[ -n "$(found "$readers" "$forbidden")" ] || complain "a call of $call was not seen"
done
cp "$work/honest" "$work/symbols"
reach '(^|-)caller_commands\.o' | grep -q '^command' ||
	complain "the calls of a Commander were not seen to reach commands"

# A table of calls to serve would be an array of pointers to functions.
if ! readelf -V libproto.a >/dev/null 2>&1; then
	echo "ok - dispatch tables # SKIP there is no readelf"
else
	(cd "$work" && ar x "$OLDPWD/libproto.a" $(grep -E '(^|-)caller(_calls|_tables)?\.o$' caller) \
		$(cd "$OLDPWD" && ar t libproto.a | grep -E '(^|-)host_calls\.o$'))
	tables() {
		readelf -rW "$1" | awk '
			/^Relocation section/ { in_data = ($3 ~ /\.rela\.(data|rodata)/) }
			in_data && $3 ~ /_64$/ && ($5 ~ /^\.text/ || $5 ~ /^receive_|^caller_/) {
				n++ }
			END { print n + 0 }'
	}
	for object in "$work"/*caller*.o; do
		[ "$(tables "$object")" -eq 0 ] ||
			complain "${object##*/} has a table of functions"
	done
	# The test of the test: the host has such a table, and reaches what we forbid.
	for object in "$work"/*host_calls.o; do
		[ "$(tables "$object")" -gt 8 ] ||
			complain "no table of methods was found in the host"
	done
	echo "ok - no object of the caller holds a table of functions to call"
fi
reach '(^|-)host' | names | grep -qE "$forbidden" ||
	complain "the host was not seen to reach anything that is forbidden"
reach '(^|-)token\.o' | names | grep -qx sign ||
	complain "the verifier's file was not seen to reach sign()"
exit $status
