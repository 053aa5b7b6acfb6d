#!/bin/sh
# console_test.sh - the demonstration fleet in the real console, in a real terminal.
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
ok "scripts/demo --headless starts a fleet"
console="$FLEET --config $conf"

# --- every pane, at 80x24 -----------------------------------------------------------------

terminal_open 80 24 "$console"
wait_for "the console opens on the executive pane" '^ EXECUTIVE  larkmoor'
wait_for "fourteen of fifteen archives answer" ' answered 14/15 '
for pane in 3:PORTFOLIO 4:RECONCILE 5:FLEET 6:ENTITY 7:ALERTS 8:COMMAND 9:LOG -:SYSTEM \
	=:ANCHOR 1:HELP 2:EXECUTIVE; do
	press "${pane%%:*}"
	wait_for "key ${pane%%:*} opens ${pane#*:}" "^ ${pane#*:} "
done
for pane in F3:PORTFOLIO F4:RECONCILE F5:FLEET F2:EXECUTIVE; do
	press "${pane%%:*}"
	wait_for "key ${pane%%:*} opens ${pane#*:}" "^ ${pane#*:} "
done

# --- what the panes say ---------------------------------------------------------------------

wait_for "a total that leaves out an archive is marked" 'Cash +[0-9.,]+[kMB]?\*'
press 4
wait_for "unequal intercompany balances are breaks" ' BREAK [1-9]'
wait_for "a pair that faces the archive that is down is unknown" ' UNKNOWN [1-9]'
press 5
wait_for "the archive that is down stands among the worst links" 'NFLD|Northfold'
press 3
wait_for "the portfolio lists its entities" 'TERN|Tern Point'

# --- drill and back ------------------------------------------------------------------------

press /
type_text tern
press Enter
wait_for "a filter leaves the rows that contain its words" '(TERN|Tern Point)'
never "a filter hides the others" '^.(MILL|Old Mill)'
press Enter
wait_for "Enter opens the entity" '^ ENTITY '
wait_for "the entity pane shows rows of the ledger" ' pos +cash'
press Escape
wait_for "Esc goes back to the portfolio" '^ PORTFOLIO '
press Escape
wait_for "Esc takes the filter away" 'MILL|Old Mill'

# --- an archive dies, and comes back ---------------------------------------------------------

address=$(archive_address TERN)
begun=$(now_ms)
process_signal KILL "$estate/run/TERN.pid"
wait_for "within 2 s of kill -9 the coverage line says so" ' answered 13/15 .* down 1x' 2000
wait_for "its figures are marked as last known" '(TERN|Tern Point).*x' 2000
wait_for "and so is the total" '^ total .*\*.*x *$' 2000
echo "# noticed after $(($(now_ms) - begun)) ms"
archive_serve TERN "$address"
archive_wait TERN
wait_for "restarted, it is back without a key" ' answered 14/15 .* down 0' 30000
wait_for "its figures are current again" '^.TERN .*[0-9]% +[0-9]+[smh] *$'

# --- what is booked is seen ------------------------------------------------------------------

press Enter
wait_for "the entity is open" '^ ENTITY '
press /
type_text receivable
press Enter
wait_for "the filter shows what is receivable" ' receivable / .* USD '
before=$(screen | awk '/ receivable \/ / && !n++ {
	for (i = 1; i < NF; i++)
		if ($(i + 1) == "USD")
			print $i
	}' | tr -d ,)
begun=$(now_ms)
archive_append TERN txn --date "$(date -u +%Y-%m-%d)" --desc "Rent billed" \
	assets:receivable:rent 1000000.25 USD revenues:rent:leases -1000000.25 USD
after=$(awk -v before="$before" 'BEGIN { printf "%.2f", before + 1000000.25 }' |
	sed -E ':a; s/([0-9])([0-9]{3})($|[.,])/\1,\2\3/; ta')
wait_for "an entry in the ledger is on the screen within 2 s" \
	" receivable .*$(echo "$after" | sed 's/\./\\./')" 2000
echo "# seen after $(($(now_ms) - begun)) ms, with the commit"
press Escape
press Escape
wait_for "and back" '^ PORTFOLIO '

# --- sizes --------------------------------------------------------------------------------

resize 160 50
wait_for "at 160x50 the pane has more columns" ' debt .* LTV .* occ '
resize 40 10
wait_for "at 40x10 it still has its title" '^ PORTFOLIO'
resize 20 5
wait_for "below that it says what it needs" 'too small|needs'
resize 80 24
wait_for "and comes back" '^ PORTFOLIO  larkmoor'

# --- leaving ------------------------------------------------------------------------------

press 0
wait_for "key 0 leaves" 'prompt> *$'
type_text "stty -a | tr ' ;' '\\n\\n' | grep -xE -- '-?(isig|icanon|echo)' | tr '\\n' ' '"
press Enter
wait_for "the terminal is as it was" '^isig icanon echo '

terminal_open 80 24 "$console; echo ended"
wait_for "it starts again" ' answered 14/15 '
# The newest of our two processes is the console, the other one its guard.
pid=$(pgrep -n -f "fleet --config $conf")
kill -KILL "$pid"
wait_for "after kill -9 of the console the shell is back" 'ended'
type_text "stty -a | tr ' ;' '\\n\\n' | grep -xE -- '-?(isig|icanon|echo)' | tr '\\n' ' '"
press Enter
wait_for "and the terminal is as it was" '^isig icanon echo '
terminal_close

# --- a wrong key, and a port that speaks no TLS ----------------------------------------------

# Listens, prints its port, and talks to whoever comes.
perl -MIO::Socket::INET -e '
	$| = 1;
	my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5) or die;
	print $server->sockport, "\n";
	while (my $peer = $server->accept) { print $peer "220 not what you think\r\n" x 40; close $peer }
	' "$estate" >"$work/port" 2>/dev/null </dev/null &
echo $! >"$estate/run/garbage.pid"
until [ -s "$work/port" ]; do sleep 0.05; done
awk -v wrong="$(archive_key MILL)" -v port="$(cat "$work/port")" '
	/^totebox / { entity = $2 }
	entity == "\"TERN\"" && $1 == "key" { $3 = "\"" wrong "\"" }
	entity == "\"QUAY\"" && $1 == "address" { $3 = "\"127.0.0.1:" port "\"" }
	{ print }' "$conf" >"$work/wrong.conf"
terminal_open 80 24 "$FLEET --config $work/wrong.conf"
press 5
wait_for "an archive with another key is refused by name" '(TERN|Tern Point).*wrong key'
wait_for "a port that speaks no TLS is down and called what it is" '(QUAY|Quarrel).*down: not a TL'
wait_for "the others are not disturbed" ' answered 12/15 '
terminal_close

# --- without a screen -----------------------------------------------------------------------

once="$FLEET --once executive --config"
status "--once of an incomplete fleet ends with 3" 3 $once "$conf"
for view in executive portfolio reconcile fleet alerts entity:TERN; do
	for format in text csv json; do
		status "--once $view --format $format prints, and ends with 3" 3 \
			"$FLEET" --once "$view" --format "$format" --config "$conf"
		check "--once $view --format $format prints something" test -s "$work/out"
	done
done
# The second portfolio is the last closed month: a payment that left on its last day and
# came in two days later is timing, and last quarter's distributions are no difference.
"$FLEET" --once reconcile --portfolio close --format json --config "$conf" >"$work/close" \
	2>"$work/err" || true
if [ "$(date -u +%d)" -gt 2 ]; then
	equal "a payment across the end of the month is timing" "$(jq -r \
		'.tables.checks[] | select(.group == "TIMING") | .title' "$work/close")" \
		"PY-TERN-12 intercompany A/L USD"
else
	skip "timing: the month has no third day yet"
fi
equal "distributions of earlier months are no differences" "$(jq -r \
	'.tables.checks[] | select(.title | contains("R/Q")) | .group' "$work/close" |
	grep -vx MATCH)" ""
status "a filter of one table prints that table" 3 "$FLEET" --once portfolio --config "$conf" \
	--filter 'entity:l | net_assets>0' --sort -entity --columns entity,net_assets --format tsv
equal "in the order that was asked for" "$(grep -c '^# table' "$work/out")" 1
status "a filter that is none ends with 2" 2 $once "$conf" --filter 'nothing:1'
check "and says where" grep -q 'nothing:1' "$work/err"
status "an option names itself when it is not understood" 2 $once "$conf" --format xml
check "with what it was given" grep -q -- "--format: 'xml'" "$work/err"
status "--max-age needs an age" 2 $once "$conf" --max-age soon
status "--filter without --once is a mistake" 2 "$FLEET" --config "$conf" --filter a
status "--check finds breaks" 6 "$FLEET" --config "$conf" --check breaks
equal "and says so in one line" "$(wc -l <"$work/out")" 1
status "--check of a coverage that is there ends with 0" 0 "$FLEET" --config "$conf" \
	--check coverage=0.1
status "and of one that is not with 6" 6 "$FLEET" --config "$conf" --check coverage=100%
status "--batch prints it again" 3 $once "$conf" --batch -n 2 -d 1
equal "each behind the other" "$(grep -c '^EXECUTIVE' "$work/out")" 2
status "--check-config dials nobody" 0 "$FLEET" --check-config --config "$conf"
for command in "--once fleet" "rows entity" "check" "--check-config" "--version" "--help"; do
	full=0
	"$FLEET" $command --config "$conf" >/dev/full 2>"$work/err" || full=$?
	equal "fleet $command notices a full disk" "$full" 1
done
equal "--help fits a screen" "$("$FLEET" --help | awk 'length > 80 || NR > 24' | wc -l)" 0
status "an entity that nobody has ends with 2" 2 "$FLEET" --once entity:NOBODY --config "$conf"
status "a view that there is not ends with 2" 2 $once "$conf" --once gossip
status "a configuration that is not there ends with 2" 2 $once "$work/nothing.conf"
echo 'totebox "A" { }' >"$work/bad.conf"
status "a mistake in the configuration ends with 2" 2 $once "$work/bad.conf"
check "and is named with its line" grep -q 'bad.conf:1: ' "$work/err"
sed -n '/^device/p; /^totebox "NFLD"/,/^}/p' "$conf" >"$work/down.conf"
status "when nobody answers it ends with 4" 4 $once "$work/down.conf"
finish
