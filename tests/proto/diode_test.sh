#!/bin/sh
# diode_test.sh - what a program that only calls is linked with.
#
# Follows the symbols from the caller's objects through the whole library: none of the
# host's objects may be reached, so nothing in a caller can execute a Call, keep an
# export or write a Return.
library=${top_builddir:-.}/libproto.a
[ -f "$library" ] || { echo "diode_test: there is no $library"; exit 1; }

# Members of the library that are reached from those whose name matches $1.
reached() {
	nm -A "$library" 2>/dev/null | awk -v start="$1" '
		{
			split($1, part, ":")
			member = part[2]
			members[member] = 1
			kind = NF == 2 ? $1 : $(NF - 1)
			sub(/.*:/, "", kind)
			if (kind == "U")
				wants[member] = wants[member] " " $NF
			else if (kind ~ /[A-Z]/)
				home[$NF] = member
		}
		END {
			for (member in members)
				if (member ~ start)
					queue[++last] = member
			for (i = 1; i <= last; i++) {
				if (seen[queue[i]]++)
					continue
				print queue[i]
				count = split(wants[queue[i]], symbols, " ")
				for (j = 1; j <= count; j++)
					if (symbols[j] in home)
						queue[++last] = home[symbols[j]]
			}
		}'
}

caller=$(reached '^caller') || exit 1
case $caller in
*caller.o*message.o* | *message.o*caller.o*) ;;
*) echo "diode_test: the caller was not found: $caller"; exit 1 ;;
esac
# The test of the tester: from a host, the host is reached.
case $(reached '^host[.]o') in
*host_calls.o*) ;;
*) echo "diode_test: symbols are not followed"; exit 1 ;;
esac
for member in $caller; do
	case $member in
	host*) echo "diode_test: a caller is linked with $member"; exit 1 ;;
	esac
done
# Who only reads cannot send a command: the calls of a Commander are linked only by those
# who name them.
case $(reached '^caller(_calls)?[.]o') in
*caller_commands.o*) echo "diode_test: a reader is linked with commands"; exit 1 ;;
esac
if nm "$library" 2>/dev/null | awk '/^caller/ { on = 1 } /^[a-z_]*\.o:$/ { on = /^caller/ }
		on && $NF ~ /(dispatch|export|answer_(open|add)|host_)/ { print; found = 1 }
		END { exit !found }'; then
	echo "diode_test: the caller has what only a host needs"
	exit 1
fi
exit 0
