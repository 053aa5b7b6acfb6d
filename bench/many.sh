#!/bin/sh
# many.sh - N archives as real processes, and the time to a complete view of them.
#
#   bench/many.sh [N] [ROUNDS]      default 200 archives, five rounds
#
# BUILD names the folder with the built programs.  Each archive keeps 18 ledger rows and 12
# metrics under its own key and is served by its own process on loopback; the aggregator
# dials, presents a capability to each, receives all rows and builds the executive
# summary.  The floor is a bare TLS loop of the same number of connections
# (bench/floor_cold.c).  Both run alternately; medians with min and max are printed.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
count=${1:-200} rounds=${2:-5}
BUILD=${BUILD:-$top/build/release}
FLEET=${FLEET:-$BUILD/tui/fleet} TOTEBOX=${TOTEBOX:-$BUILD/totebox/totebox}
estate=$(mktemp -d "${TMPDIR:-/tmp}/fleet-many.XXXXXX")
mkdir -p "$estate/archives" "$estate/run"
. "$top/scripts/archives.sh"
. "$top/bench/many_archives.sh"
trap 'status=$?; trap - EXIT; estate_stop; rm -rf "$estate"; exit $status' EXIT
trap 'exit 130' INT TERM HUP

many_archives "$count"

summary() { # NAME UNIT: of one number a line
	sort -n | awk -v name="$1" -v unit="$2" '
		{ v[NR] = $1 }
		END { printf "%-34s %8.1f %s  (%.1f to %.1f, %d rounds)\n", name,
			v[int((NR + 1) / 2)], unit, v[1], v[NR], NR }'
}
: >"$estate/floor" && : >"$estate/subject"
round=0
while [ $round -lt "$rounds" ]; do
	"$BUILD/bench/floor_cold" "$count" 1 >>"$estate/floor"
	"$BUILD/bench/cold_view" "$estate/fleet.conf" 1 >>"$estate/subject"
	round=$((round + 1))
done
echo "$count archives, one process each"
summary "floor: TLS, sign, verify, one record" ms <"$estate/floor"
cut -d' ' -f1 "$estate/subject" | summary "cold view: all rows, verified" ms
awk '{ print $4 }' "$estate/subject" | summary "  CPU of the aggregator" ms
awk '{ for (i = 1; i <= NF; i++) if ($(i + 1) == "KiB") print $i / 1024 }' \
	"$estate/subject" | summary "  resident memory" MiB
tail -n 1 "$estate/subject"
pids=$(cat "$estate"/run/N-*.pid | tr '\n' ' ')
for pid in $pids; do awk '/^VmRSS/ { print $2 / 1024 }' "/proc/$pid/status"; done |
	summary "one archive's process, resident" MiB
