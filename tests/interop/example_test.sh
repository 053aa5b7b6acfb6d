#!/bin/sh
# example_test.sh - the example in C++ is an archive like any other: beside one of
# totebox, in a fleet that fleet asks and adds up.
: "${top_srcdir:=.}" "${top_builddir:=.}"
fleet=$top_builddir/tui/fleet totebox=$top_builddir/totebox/totebox
example=$top_builddir/examples/totebox-cpp/totebox-cpp
command -v openssl >/dev/null || { echo "skip: there is no openssl to make a key"; exit 77; }
work=$(mktemp -d) || exit 1
pids= status=0
leave() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
unset FLEET_CONFIG XDG_CONFIG_HOME
HOME=$work
export HOME

# ready FILE: waits for the line that a server says.
ready() {
	tries=0
	until grep -q '^ready ' "$1"; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || { cat "$1" "$1.err"; exit 1; }
		sleep 0.05
	done
	awk '{ print "totebox \"" $2 "\" { address = \"" $3 "\"\n key = \"" $4 "\" }" }' "$1" \
		>>"$work/fleet.conf"
}
# equal TEXT ACTUAL EXPECTED
equal() {
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: $2 instead of $3"
	status=1
}

"$fleet" keys --create >"$work/keys" || exit 1
device=$(awk '/^public-key/ { print $2 }' "$work/keys")
openssl genpkey -algorithm ed25519 -out "$work/key.pem" 2>/dev/null || exit 1
"$example" CPP "$top_srcdir/examples/totebox-cpp/rows.csv" "$work/key.pem" "$device" \
	>"$work/cpp" 2>"$work/cpp.err" &
pids=$!
ready "$work/cpp"

"$totebox" init "$work/ALD" --entity ALD --name Alder --kind company --currency USD \
	>/dev/null || exit 1
cat >"$work/ALD/exposure.conf" <<EOF
expose "group" {
  to          = {"aggregator"}
  views       = {"entity", "metric"}
  periods     = {"2025"}
  granularity = "total"
}
EOF
"$totebox" append "$work/ALD" metric key=noi start=2025-01-01 end=2025-12-31 unit=USD \
	nature=flow value=99.75 >/dev/null || exit 1
"$totebox" pair "$work/ALD" --public-key "$device" >/dev/null || exit 1
"$totebox" serve "$work/ALD" --listen 127.0.0.1:0 >"$work/ald" 2>"$work/ald.err" &
pids="$pids $!"
ready "$work/ald"
printf 'portfolio "all" { currency = "USD"\n period = "2025" }\n' >>"$work/fleet.conf"

once() { "$fleet" --config "$work/fleet.conf" --once "$@" 2>>"$work/fleet.err"; }
once executive --format csv >"$work/executive"
equal "both answered, and nothing was left out" $? 0
# The line of a CSV whose first fields are these, and one of its fields.
field() { awk -F, -v first="$1" -v place="$2" '$1 == first { print $place; exit }' "$3"; }
equal "its figure and ours are one total" "$(field NOI 2 "$work/executive")" 450100.00
equal "its cash is the fleet's" "$(field Cash 2 "$work/executive")" 120500.75
once fleet >"$work/links"
equal "every row of it was taken" \
	"$(awk '$1 == "CPP" { print $3, $9 }' "$work/links")" "live 5"
[ "$status" -eq 0 ] || cat "$work/fleet.err" "$work/fleet.conf" "$work/executive" "$work/links"
exit "$status"
