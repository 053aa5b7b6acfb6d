#!/bin/sh
# viewport_test.sh - the shipped viewports over the worked example and the demo fleet:
# figures against awk over the rows that the archives sent, drill, mistakes.
. "$(dirname "$0")/lib.sh"
work=$(mktemp -d) || exit 1
estate=
. "$top/scripts/archives.sh"
leave() {
	terminal_close
	[ -z "$estate" ] || "$top/scripts/demo" --stop "$estate"
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export BUILD TMPDIR="$work"
"$top/scripts/demo" --headless --quiet >"$work/started" 2>"$work/err" || {
	not_ok "scripts/demo --headless starts a fleet"
	sed 's/^/    /' "$work/err"
	finish
}
estate=$(head -n 1 "$work/started")
conf=$estate/fleet.conf
mkdir "$estate/viewports"
cp "$top"/examples/viewports/*.conf "$estate/viewports/"

ask() {
	"$FLEET" --once "$1" --format json --config "$conf" >"$work/$1.json" 2>"$work/err" ||
		[ $? = 3 ]
}
figure() { jq -r "$2" "$work/$1.json"; }

check "viewport: cash by currency answers" ask cash-by-currency
check "viewport: debt maturity answers" ask debt-maturity
check "viewport: covenant watch answers" ask covenant-watch

# Independent: awk over the rows as `fleet rows` prints them.  Columns by name.
"$FLEET" rows obl --config "$conf" 2>"$work/err" | tr -d '"' >"$work/obl.csv"
equal "viewport: the ladder counts the open loans of the rows" \
	"$(figure debt-maturity '.totals.lines.loans.value')" \
	"$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["kind"] == "loan-maturity" && $at["state"] == "open" { n++ }
		END { print n }' "$work/obl.csv")"
equal "viewport: headroom of every covenant, to four places" \
	"$(figure covenant-watch '.tables.lines[] | select(.headroom.value != null) |
		"\(.entity) \(.id) \(.headroom.value)"' |
		awk '{ printf "%s %s %.4f\n", $1, $2, $3 }' | sort)" \
	"$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["kind"] == "covenant" {
			split($1, key, "|"); limit = $at["threshold"]
			room = ($at["num"] / $at["den"] - limit) / limit
			if ($at["op"] == "max") room = -room
			printf "%s %s %.4f\n", key[1], $at["id"], room
		}' "$work/obl.csv" | sort)"
equal "viewport: the sum of the lines is the total, to the cent" \
	"$(figure cash-by-currency '.tables.lines[].reporting.value' |
		awk '{ sub(/\./, ""); sum += $1 } END { printf "%d", sum }')" \
	"$(figure cash-by-currency '.totals.lines.reporting.value' | tr -d .)"
equal "viewport: shares add up to 1, to nine places" \
	"$(figure cash-by-currency '.tables.lines[].share.value' |
		awk '{ sum += $1 } END { printf "%.9f", sum }')" 1.000000000
equal "viewport: a total over currencies that are not translated is no number" \
	"$(figure cash-by-currency '.totals.lines.balance.value')" null
equal "viewport: who is missing is named" \
	"$(figure debt-maturity '.coverage.missing | join(" ")')" NFLD
equal "viewport: and coverage is there by weight" \
	"$(figure debt-maturity '.coverage | .weight_answered < .weight_asked')" true
status "viewport: partial is exit status 3" 3 \
	"$FLEET" --once covenant-watch --format csv --config "$conf"
check "viewport: fleet check names them" sh -c \
	'"$FLEET" check --config "$1" 2>&1 | grep -q "^viewport covenant-watch "' sh "$conf"

# On the screen: by name, to the rows behind a line, to the entity, and back.
terminal_open 100 30 "'$FLEET' --config '$conf'"
wait_for "viewport: the console is up" 'EXECUTIVE'
press -l ':covenant-watch' && press Enter
wait_for "viewport: opened by its name" 'VIEWPORT.*|covenant-watch +covers 14/15'
wait_for "viewport: a breach is on top" '^.?!! +VERR'
press Enter
wait_for "viewport: Enter shows the rows behind a line" 'VERR\|covenant\|dscr'
press Enter
wait_for "viewport: and then their entity" 'ENTITY'
press Escape
wait_for "viewport: Esc leads back" 'VIEWPORT'
press F10
terminal_close

# A mistake names its file and line.
sed 's/min(threshold)/avg(threshold)/' "$top/examples/viewports/covenant-watch.conf" \
	>"$estate/viewports/covenant-watch.conf"
status "viewport: a mistake is exit status 2" 2 "$FLEET" check --config "$conf"
line=$(grep -n 'avg(' "$estate/viewports/covenant-watch.conf" | cut -d: -f1)
check "viewport: it names file, line and what there is" grep -q \
	"viewports/covenant-watch.conf:$line: .*sum min max count ratio total" "$work/err"
status "viewport: an unknown name is exit status 2" 2 \
	"$FLEET" --once nowhere --config "$conf"
finish
