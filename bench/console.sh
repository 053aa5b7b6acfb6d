#!/bin/sh
# console.sh - the console under load, measured from outside, with htop beside it.
#
#   bench/console.sh [LIVE] [NAMES]      default 100 live archives among 2,000 names
#
# BUILD names the folder with the built programs.  LIVE archives are served by a process
# each; the other names refuse the connection, so the console also dials and backs off
# all the time.  bench/terminal_cost.c measures in a pseudo terminal of 80x24 and of
# 160x50: first frame, key to paint while the links are made and when all is quiet, bytes
# a second without a key, bytes of a full repaint, what it does while nobody reads.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
live=${1:-100} names=${2:-2000}
BUILD=${BUILD:-$top/build/release}
FLEET=${FLEET:-$BUILD/tui/fleet} TOTEBOX=${TOTEBOX:-$BUILD/totebox/totebox}
estate=$(mktemp -d "${TMPDIR:-/tmp}/fleet-console.XXXXXX")
mkdir -p "$estate/archives" "$estate/run"
. "$top/scripts/archives.sh"
. "$top/bench/many_archives.sh"
trap 'status=$?; trap - EXIT; estate_stop; rm -rf "$estate"; exit $status' EXIT
trap 'exit 130' INT TERM HUP
export LC_ALL=C.UTF-8

many_archives "$live"
key=$(sed -n 's/.*key *= *\("SHA256:[^"]*"\).*/\1/p' "$estate/fleet.conf" | head -n 1)
for id in $(seq -f 'X-%04g' $((live + 1)) "$names"); do
	echo "totebox \"$id\" { address = \"127.0.0.1:9\" key = $key group = \"Away\" }"
done >>"$estate/fleet.conf"

for size in "24 80" "50 160"; do
	set -- $size
	echo "fleet, $2x$1, $live archives of $names names"
	"$BUILD/bench/terminal_cost" -r "$1" -c "$2" -w answered -k jk -t 10 -q q -- \
		"$FLEET" --config "$estate/fleet.conf"
	if command -v htop >/dev/null; then
		echo "htop, $2x$1"
		"$BUILD/bench/terminal_cost" -r "$1" -c "$2" -w CPU -k "$(printf "\016\020")" -t 10 -q q -- htop
	else
		echo "htop is not installed: nothing stands beside these figures"
	fi
done
