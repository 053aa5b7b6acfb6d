#!/bin/sh
# hackclub_test.sh - the whole ledger of a real non-profit: every balance as hledger and
# ledger print it.  The data is not part of this tree.
T=${top_builddir:-.}/totebox/totebox
real=${top_srcdir:-.}/../shared/data/real
if [ ! -r "$real/oracles/hackclub-balance-hledger.csv" ]; then
	echo "SKIPPED: $real is not there: the real books were not checked"
	exit 77
fi
if ! command -v hledger >/dev/null; then
	echo "SKIPPED: hledger is not installed: the real books were not checked"
	exit 77
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
set -e
hledger -f "$real/ledgers/hackclub/main.ledger" print -x --infer-equity -O csv \
	>"$folder/books.csv"
"$T" init "$folder/HACK" --entity HACK --name "Hack Club" --kind trust \
	--currency USD >/dev/null
echo 'commodity "$" { iso = "USD" }' >>"$folder/HACK/archive.conf"
"$T" import hledger "$folder/HACK" "$folder/books.csv"
"$T" import hledger "$folder/HACK" "$folder/books.csv" --format json >"$folder/again"
grep -q '"lines":0,' "$folder/again"
"$T" verify "$folder/HACK"
"$T" query "$folder/HACK" pos --format json |
	sed -E 's/.*"account":"([^"]*)".*"open":"([^"]*)","move":"([^"]*)".*/\1\t\2\t\3/' |
	awk -F'\t' '{ printf "%s\t%.2f\n", $1, $2 + $3 }' | LC_ALL=C sort >"$folder/ours"
sed 1d "$real/oracles/hackclub-balance-hledger.csv" | tr -d '"$' |
	awk -F, '{ printf "%s\t%.2f\n", $1, $2 }' | LC_ALL=C sort >"$folder/theirs"
[ "$(wc -l <"$folder/ours")" -eq 37 ]
diff "$folder/theirs" "$folder/ours"
echo "ok - 37 balances of 2,777 postings"
