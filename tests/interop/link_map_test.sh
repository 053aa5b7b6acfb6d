#!/bin/sh
# link_map_test.sh - what the caller's objects can reach, as the linker sees it.
#
# The caller must not be able to answer a call, to sign, to mint a capability or to
# dial: starting from proto/caller*.o, every object of libproto.a that the linker would
# take along is looked at, and none may define or ask for a symbol of those.
cd "${top_builddir:-.}" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0
complain() { echo "not ok - $*"; status=1; }

command -v nm >/dev/null || { echo "skip link map: there is no nm"; exit 77; }
# symbol <tab> kind <tab> object, of all objects; U: asked for.
nm -A libproto.a 2>/dev/null | awk -F: '{
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
forbidden='^(host_.*|sign|key_pair_.*|link_sign|token_append|stream_.*|uv_.*|channel_.*|gnutls_.*|connect|socket|getaddrinfo|dlopen|dlsym|execv.*|system|popen)$'

reach '(^|-)caller' >"$work/caller"
[ "$(grep -cE '(^|-)caller(_calls|_tables)?\.o$' "$work/caller")" -eq 3 ] ||
	complain "caller.o, caller_calls.o and caller_tables.o were not all found"
found=$(names <"$work/caller" | grep -E "$forbidden")
if [ -n "$found" ]; then
	complain "the caller can reach:" $found
else
	echo "ok - the caller reaches $(wc -l <"$work/caller") objects, and none that answers, signs or dials"
fi

# A table of calls to serve would be an array of pointers to functions.
if ! readelf -V libproto.a >/dev/null 2>&1; then
	echo "ok - dispatch tables # SKIP there is no readelf"
else
	(cd "$work" && ar x "$OLDPWD/libproto.a" $(grep -E '(^|-)caller' caller) \
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
