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
FLEET=${FLEET:-$BUILD/fleet} TOTEBOX=${TOTEBOX:-$BUILD/totebox}
estate=$(mktemp -d "${TMPDIR:-/tmp}/fleet-many.XXXXXX")
mkdir -p "$estate/archives" "$estate/run"
. "$top/scripts/archives.sh"
trap 'status=$?; trap - EXIT; estate_stop; rm -rf "$estate"; exit $status' EXIT
trap 'exit 130' INT TERM HUP

books() {
	echo "entity,date,account,cls,line,amount,cur,cp,ref,hist,hist_cur"
	for row in "cash,A,cash,250000.00" "receivable,A,receivable,41000.00" \
		"property,A,property,4100000.00" "deposits,A,other,9000.00" \
		"loan,L,debt,-2400000.00" "payable,L,payable,-62000.00" \
		"deferred,L,other,-18000.00" "capital,Q,equity.capital,-1500000.00" \
		"retained,Q,equity.retained,-384500.00" \
		"rent,R,revenue.operating,-420000.00" "parking,R,revenue.other,-18000.00" \
		"opex,X,opex,160000.00" "management,X,fee.management,21000.00" \
		"admin,X,admin,11500.00" "interest,X,interest,96000.00" \
		"depreciation,X,depreciation,84000.00" "tax,X,tax,24000.00" \
		"sundry,X,other,6000.00"; do
		IFS=, read -r account class line amount <<-END
			$row
		END
		echo "$1,2025-12-31,$account,$class,$line,$amount,USD,,,,"
	done
}

metrics() {
	echo "entity,key,start,end,as_of,unit,value,num,den,nature,scenario,basis,n,quality,cp"
	for month in 01 02 03 04 05 06 07 08 09 10; do
		echo "$1,burn,2025-$month-01,2025-$month-28,,USD,4$month.00,,,flow,,,,,"
	done
	echo "$1,area.rentable,,2025-12-31,,m2,5200,,,stock,,,,,"
	echo "$1,area.occupied,,2025-12-31,,m2,4700,,,stock,,,,,"
}

device_create
ids=$(seq -f 'N-%04g' 1 "$count")
echo "making $count archives ..." >&2
for id in $ids; do
	archive_create "$id" "Number $id" property USD
	archive_expose "$id" account 2025-01-01 2025
	books "$id" >"$estate/run/books.csv"
	metrics "$id" >"$estate/run/metrics.csv"
	archive_import "$id" "$estate/run/books.csv" trial-balance
	archive_import "$id" "$estate/run/metrics.csv" metric
	archive_pair "$id"
done
for id in $ids; do archive_serve "$id"; done
{
	echo "device = \"$estate/device.pem\""
	echo 'portfolio "many" { currency = "USD" period = "2025" basis = "aggregate" }'
	for id in $ids; do
		archive_wait "$id"
		conf_totebox "$id" "Number $id" property USD "G${id#N-00}" - 1 account up
	done
} >"$estate/fleet.conf"

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
