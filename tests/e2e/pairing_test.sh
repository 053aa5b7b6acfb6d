#!/bin/sh
# pairing_test.sh - devices that are let in, sent away and shut out again, by the two
# programs and the code that both show.
. "$(dirname "$0")/lib.sh"
work=$(mktemp -d) || exit 1
pids=
leave() {
	terminal_close
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
unset FLEET_CONFIG XDG_CONFIG_HOME

# comes FILE PATTERN: whether a line that matches comes to stand in the file.
comes() {
	until_ms=$(($(now_ms) + 10000))
	until grep -qE -- "$2" "$1" 2>/dev/null; do
		[ "$(now_ms)" -lt "$until_ms" ] || return 1
		sleep 0.05
	done
}
# says TEXT FILE PATTERN
says() {
	if comes "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1: no /$3/ in"
		sed 's/^/    |/' "$2"
	fi
}

archive=$work/ALD
"$TOTEBOX" init "$archive" --entity ALD --name "Alder Holdings" --kind company \
	--currency EUR >"$work/init" || exit 1
cat >"$archive/exposure.conf" <<EOF
expose "group" {
  to          = {"aggregator"}
  views       = {"entity", "pos"}
  periods     = {"2025"}
  granularity = "total"
}
EOF
"$TOTEBOX" serve "$archive" --listen 127.0.0.1:0 >"$work/ready" 2>"$work/serve.err" &
serve=$!
pids="$pids $serve"
comes "$work/ready" '^ready ' || exit 1
address=$(awk '{ print $3 }' "$work/ready")
fingerprint=$(awk '{ print $4 }' "$work/ready")

# opens: starts totebox pair --open, away from any terminal.
opens() {
	: >"$work/open"
	"$TOTEBOX" pair "$archive" --open --label "$1" >"$work/open" 2>"$work/open.err" \
		</dev/null &
	opener=$!
	pids="$pids $opener"
	comes "$work/open" '^open ALD '
}
# device NAME ANSWER [OPTION...]: fleet pair in a home of its own, answering the question.
device() {
	home=$work/$1 answer=$2
	shift 2
	[ -f "$home/.config/fleet/device.pem" ] ||
		HOME=$home "$FLEET" keys --create >/dev/null || return
	: >"$work/device"
	echo "$answer" | HOME=$home "$FLEET" pair "$address" "$@" >"$work/block" \
		2>"$work/device" &
	caller=$!
	pids="$pids $caller"
}
# ends PID: its exit status, or 99 after ten seconds.
ends() {
	until_ms=$(($(now_ms) + 10000))
	while kill -0 "$1" 2>/dev/null; do
		[ "$(now_ms)" -lt "$until_ms" ] || { kill "$1"; return 99; }
		sleep 0.05
	done
	wait "$1"
}
ended() {
	what=$1 expected=$2 actual=0
	ends "$3" || actual=$?
	equal "$what" "$actual" "$expected"
}
shown() { awk '$1 == "code" { print $2 }' "$work/device"; }
asked() { awk '$1 == "request" { print $2 }' "$work/open"; }
pairings() { "$TOTEBOX" pairings "$archive"; }
folder_is_empty() { ! ls "$archive/pairings" | grep -qv '\.pairing$'; }

# --- the window is closed ---------------------------------------------------------------

device alice yes
ended "without an open window a device is refused" 5 "$caller"
says "and its words say the way out" "$work/device" 'totebox pair ARCHIVE --open'
status "where nobody answers it ends with 4" 4 env HOME="$work/alice" "$FLEET" pair 127.0.0.1:1
status "an address without a port is a usage error" 2 env HOME="$work/alice" "$FLEET" pair localhost
status "approve needs a window" 1 "$TOTEBOX" approve "$archive" ABCD-EFGH

# --- approved ---------------------------------------------------------------------------

opens alice
status "only one window is open at a time" 1 "$TOTEBOX" pair "$archive" --open
device alice yes --write
says "the archive's side shows a request" "$work/open" '^request [0-9A-Z]{4}-[0-9A-Z]{4} SHA256:.* 127\.0\.0\.1:'
check "the device says whose key answered" grep -qxF "archive  $fingerprint" "$work/device"
equal "both sides show the same code" "$(shown)" "$(asked)"
status "another code is refused" 1 "$TOTEBOX" approve "$archive" 0000-0000
check "and says that somebody may be in between" grep -q 'in between' "$work/err"
status "the code approves" 0 "$TOTEBOX" approve "$archive" "$(shown)" --label alice
ended "the device is paired" 0 "$caller"
ended "the window ends with that" 0 "$opener"
says "and says so" "$work/open" '^paired  SHA256:.* alice$'
check "nothing but the pairing is left" folder_is_empty
check "the block is on standard output" grep -q '^totebox "ALD" {' "$work/block"
check "and in fleet.conf" grep -q "key = \"$fingerprint\"" "$work/alice/.config/fleet/fleet.conf"
equal "the token is private" \
	"$(stat -c %a "$work/alice/.config/fleet/pairings/ALD.token")" 600
status "fleet check: the archive is live" 0 env HOME="$work/alice" "$FLEET" check
check "by name" grep -q '^ALD  *live' "$work/out"
equal "the ledger knows it" "$(grep -c '"pairing"' "$archive"/ledger/*.jsonl | awk -F: '{ n += $NF } END { print n }')" 1

# --- refused, in every way ---------------------------------------------------------------

opens bob
device bob yes
says "a second device asks" "$work/open" '^request '
status "it is denied" 0 "$TOTEBOX" deny "$archive" "$(asked)"
ended "the device is told" 5 "$caller"
says "in words" "$work/device" 'denied this device'
ended "the window is over" 1 "$opener"
check "nothing is left of it" folder_is_empty

opens bob
device bob no
says "it asks again" "$work/open" '^request '
status "it is approved" 0 "$TOTEBOX" approve "$archive" "$(asked)" --label bob
ended "who does not confirm the code there keeps nothing" 5 "$caller"
check "no token" test ! -e "$work/bob/.config/fleet/pairings/ALD.token"
ended "the archive's side is done" 0 "$opener"

opens carol
device carol yes
says "a device takes the window's one try" "$work/open" '^request '
first=$caller
code=$(asked)
mv "$work/device" "$work/first"
device dave yes
ended "another one in the same window is refused" 5 "$caller"
says "and told why" "$work/device" 'the one try'
status "the first is not disturbed" 0 "$TOTEBOX" approve "$archive" "$code" --label carol
ended "and is paired" 0 "$first"
ends "$opener"

for signal in INT KILL; do
	opens carol
	device dave yes
	says "a device waits" "$work/open" '^request '
	kill -$signal "$opener"
	ended "when the opener gets SIG$signal the device is refused" 5 "$caller"
	device dave yes
	ended "and the window is closed" 5 "$caller"
	status "the request cannot be approved any more" 1 \
		"$TOTEBOX" approve "$archive" "$(asked)"
done

# --- a key that is known ------------------------------------------------------------------

opens erin
device erin nothing-is-asked --key "SHA256:$(printf %043d 0)"
ended "another archive's key is refused before anything is said" 5 "$caller"
device erin nothing-is-asked --key "$fingerprint" --entity ALD --write
says "with the right one it asks" "$work/open" '^request '
status "it is approved" 0 "$TOTEBOX" approve "$archive" "$(asked)" --label erin
ended "and needs no word here" 0 "$caller"
ends "$opener"

# --- at a terminal ------------------------------------------------------------------------

terminal_open 160 30 "$TOTEBOX pair $archive --open --label frank"
wait_for "at a terminal it says what to do" 'On the device: fleet pair'
device frank yes --write
wait_for "and asks for the code of the other screen" 'Type the code'
comes "$work/device" '^code '
never "which it does not give away" "$(shown)"
type_text 0000-0000
press Enter
wait_for "another code is not taken" 'not the code of the device'
type_text "$(shown | tr 'A-Z-' 'a-z ')"
press Enter
wait_for "the right one pairs, however it is typed" '^paired  SHA256:.* frank'
wait_for "and is then shown" "The codes are the same: $(shown)"
ended "the device is paired" 0 "$caller"
status "and live" 0 env HOME="$work/frank" "$FLEET" check
terminal_close

terminal_open 160 30 "$TOTEBOX pair $archive --open"
wait_for "again" 'On the device: fleet pair'
device dave yes
wait_for "it asks" 'Type the code'
type_text no
press Enter
wait_for "no denies" 'denied'
ended "the device is told" 5 "$caller"
terminal_close

# --- in the console, on F11 ---------------------------------------------------------------

grace=$work/grace/.config/fleet
HOME=$work/grace "$FLEET" keys --create >/dev/null
sed '/token = /d' "$work/alice/.config/fleet/fleet.conf" >"$grace/fleet.conf"
screen_word() { screen | awk -v word="$1" '$1 == word { print $2 }'; }
in_console() { terminal_open 80 24 "HOME=$work/grace $FLEET"; }
in_console
wait_for "a device that is not paired is refused" ' answered 0/1 '
press F11
wait_for "F11 says how to pair" ':pair HOST:PORT'
type_text ":pair localhost"
press Enter
wait_for "an address without a port is refused on the line" 'host:port'
press C-u
type_text "pair yes"
press Enter
wait_for "nothing can be confirmed yet" 'no approval to confirm'
opens grace
press C-u
type_text "pair $address"
press Enter
wait_for "the console shows a code" '^ code  *[0-9A-Z]{4}-[0-9A-Z]{4}'
comes "$work/open" '^request '
equal "the same as the archive's side" "$(screen_word code)" "$(asked)"
equal "and the archive's key" "$(screen_word archive)" "$fingerprint"
never "and asks nobody to confirm before the owner did" ':pair yes'
press C-c
wait_for "Ctrl-C stops it" 'not paired'
kill -INT "$opener"
ended "the window is closed" 1 "$opener"
opens grace
type_text ":pair $address"
press Enter
comes "$work/open" '^request '
status "the owner approves" 0 "$TOTEBOX" approve "$archive" "$(asked)" --label grace
wait_for "the console asks whether the archive says so" ':pair yes'
ended "the window is done" 0 "$opener"
type_text ":pair yes"
press Enter
wait_for "then it shows the block" '^ totebox "ALD" \{'
screen >"$work/screen"
check "with the key" grep -qF "key = \"$fingerprint\"" "$work/screen"
equal "and wrote no file" "$(ls "$grace")" "device.pem
fleet.conf"
press 9
wait_for "the log has it" 'pairing with .*: ALD'
terminal_close
in_console
wait_for "the block works as it was shown" ' answered 1/1 '
terminal_close

# --- shut out ------------------------------------------------------------------------------

key_of() { HOME=$work/$1 "$FLEET" keys | awk '$1 == "fingerprint" { print $2 }'; }
terminal_open 80 24 "HOME=$work/alice $FLEET"
wait_for "a paired console is live" ' answered 1/1 '
press 5
begun=$(now_ms)
status "its device is revoked" 0 "$TOTEBOX" revoke "$archive" "$(key_of alice)"
wait_for "the open link ends within a second" 'revoked' 1000
echo "# after $(($(now_ms) - begun)) ms"
terminal_close
status "fleet check: revoked" 5 env HOME="$work/alice" "$FLEET" check
status "the other devices are not disturbed" 0 env HOME="$work/erin" "$FLEET" check

opens alice
device alice yes
says "a revoked device may ask again" "$work/open" '^request '
status "and be approved" 0 "$TOTEBOX" approve "$archive" "$(asked)" --label alice
ended "it is paired" 0 "$caller"
says "in a new epoch" "$work/open" 'epoch 2'
status "and live again" 0 env HOME="$work/alice" "$FLEET" check

kill "$serve"
ended "the server ends orderly" 0 "$serve"
equal "and had nothing to complain of" "$(cat "$work/serve.err")" ""
status "the ledger verifies" 0 "$TOTEBOX" verify "$archive"
finish
