#!/bin/sh
# alder_test.sh - the worked example through five real archives: every figure of
# examples/alder/expected.tsv that an export shows.
. "$(dirname "$0")/lib.sh"
work=$(mktemp -d) || exit 1
estate=
. "$top/scripts/archives.sh"
leave() {
	[ -z "$estate" ] || "$top/scripts/demo" --stop "$estate"
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export BUILD TMPDIR="$work"
"$top/scripts/demo" --headless --estate alder >"$work/started" 2>"$work/err" || {
	not_ok "scripts/demo --headless --estate alder starts a fleet"
	sed 's/^/    /' "$work/err"
	finish
}
estate=$(head -n 1 "$work/started")
conf=$estate/fleet.conf
expected=$top/examples/alder/expected.tsv

# ask VIEW: into $work/VIEW.json, from the configuration $1.
ask() {
	"$FLEET" --once "$2" --format json --config "$1" >"$work/$2.json" 2>"$work/err" || true
}

# statement KEY: the amount of that line, with two places.
statement() {
	jq -r --arg key "$1" '.tables.statement[] | select(.key == $key) | .amount.value' \
		"$work/portfolio.json"
}
# entity ENTITY COLUMN
entity() {
	jq -r --arg entity "$1" --arg column "$2" \
		'.tables.entities[] | select(.entity == $entity) | .[$column].value' \
		"$work/portfolio.json"
}
headline() {
	jq -r --arg key "$1" '.tables | to_entries[0].value[] | select(.key == $key) |
		.now.value' "$work/executive.json"
}

# value KEY: how an export calls a figure of expected.tsv; nothing where none has it.
value() {
	case $1 in
	effective:*) entity "${1#*:}" effective ;;
	ni:*) entity "${1#*:}" net_income ;;
	cta_*:CED | equity_method_share:DOG | equity_method_carrying:DOG)
		statement "${1%:*}" ;;
	nci_ni:*) ;; # the parts of a line are on the screen only
	headline_ni) statement consolidated_ni ;;
	total_assets_headline) statement total_assets ;;
	coverage) jq -r '.coverage | "\(.answered)/\(.asked)"' "$work/portfolio.json" ;;
	*) statement "$1" ;;
	esac
}

# compare SCENARIO: every figure of it.
compare() {
	awk -F'\t' -v scenario="$1" '$1 == scenario { print $2 "\t" $3 }' "$expected" \
		>"$work/figures"
	while IFS=$tab read -r key wanted; do
		actual=$(value "$key")
		[ -n "$actual" ] || continue
		equal "alder: $1: $key" "$actual" "$wanted"
	done <"$work/figures"
}

ask "$conf" portfolio
compare full

# The executive figures of docs/views.md, section 6, in whole digits of what is shown.
ask "$conf" executive
rounded() { awk -v value="$1" -v places="$2" 'BEGIN { printf "%.*f", places, value }'; }
equal "alder: occupancy" "$(rounded "$(headline occupancy)" 4)" 0.8850
equal "alder: loan to value" "$(rounded "$(headline ltv)" 4)" 0.2627
equal "alder: debt service cover" "$(rounded "$(headline dscr)" 3)" 1.554
equal "alder: runway in months" "$(headline runway)" 31.7
equal "alder: the covenant at its limit is watched" \
	"$(jq -r '.tables.covenants[] | "\(.entity) \(.state)"' "$work/executive.json")" \
	"CED WATCH"

# Without Cedar Court, which never answered.
process_signal KILL "$estate/run/CED.pid"
ask "$conf" portfolio
compare missing:CED
equal "alder: the portfolio names who is missing" \
	"$(jq -r '.coverage.missing | join(" ")' "$work/portfolio.json")" CED

# And where the portfolio is strict, there is no total at all.
sed 's/^  view-date/  partial   = "strict"\n  view-date/' "$conf" >"$work/strict.conf"
ask "$work/strict.conf" portfolio
equal "alder: strict and incomplete: no totals" \
	"$(jq '[.tables.statement[] | select(.amount.value != null)] | length' \
		"$work/portfolio.json")" 0
finish
