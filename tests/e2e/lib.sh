# lib.sh - sourced by the end-to-end tests: counting, and a real terminal to look at.
#
# A test says ok or not_ok for each thing that it checks and ends with finish, which
# prints "N passed, N failed, N skipped".  Nothing here waits for a fixed time: wait_for
# looks again until what is waited for is there, or says what the screen showed instead.

top=${top:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${BUILD:-$top/build/release}
FLEET=${FLEET:-$BUILD/tui/fleet}
TOTEBOX=${TOTEBOX:-$BUILD/totebox/totebox}
export FLEET TOTEBOX LC_ALL=C.UTF-8 TZ=UTC
for program in "$FLEET" "$TOTEBOX"; do
	[ -x "$program" ] && continue
	echo "$0: there is no $program: scripts/build makes it, BUILD says where it is" >&2
	exit 2
done
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); echo "ok $*"; }
not_ok() { failed=$((failed + 1)); echo "not ok $*"; }
skip() { skipped=$((skipped + 1)); echo "skip $*"; }

# check TEXT COMMAND...: ok when the command succeeds.
check() {
	what=$1
	shift
	if "$@"; then ok "$what"; else not_ok "$what"; fi
}

# equal TEXT ACTUAL EXPECTED
equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		echo "    expected: $3"
		echo "    but got:  $2"
	fi
}

# status TEXT EXPECTED COMMAND...: its exit status.
status() {
	what=$1 expected=$2 actual=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null || actual=$?
	if [ "$actual" = "$expected" ]; then
		ok "$what"
	else
		not_ok "$what: exit $actual instead of $expected"
		head -n 20 "$work/err" | sed 's/^/    /'
	fi
}

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}

# --- a terminal: a tmux server of our own, with one window ----------------------------

terminal= terminals=0

# terminal_open COLUMNS ROWS COMMAND: runs it there; the shell stays when it ends.  A
# server that is told to end takes its time, so each terminal has one of its own.
terminal_open() {
	terminal_close
	terminals=$((terminals + 1))
	terminal="tmux -L fleet-e2e-$$-$terminals -f /dev/null"
	$terminal new-session -d -x "$1" -y "$2" \
		"env -u TMUX PS1='prompt> ' ENV= sh -i" || return
	$terminal set-option -g status off
	$terminal send-keys -l "$3" && $terminal send-keys Enter
}
terminal_close() { [ -z "$terminal" ] || $terminal kill-server 2>/dev/null || true; }
screen() { $terminal capture-pane -p 2>&1; }
press() { $terminal send-keys "$@"; }
type_text() { $terminal send-keys -l "$1"; }
resize() { $terminal resize-window -x "$1" -y "$2"; }

now_ms() { date +%s%3N; }

# sees PATTERN [MILLISECONDS]: whether the screen comes to match (grep -E); 10 s unless
# told.
sees() {
	until_ms=$(($(now_ms) + ${2:-10000}))
	while :; do
		screen >"$work/screen"
		grep -qE -- "$1" "$work/screen" && return 0
		[ "$(now_ms)" -lt "$until_ms" ] || return 1
		sleep 0.05
	done
}

# wait_for TEXT PATTERN [MILLISECONDS]
wait_for() {
	if sees "$2" "${3:-10000}"; then
		ok "$1"
	else
		not_ok "$1: no /$2/ on the screen:"
		sed 's/^/    |/' "$work/screen"
	fi
}

# never TEXT PATTERN: the screen as it is now does not match.
never() {
	screen >"$work/screen"
	if grep -qE -- "$2" "$work/screen"; then
		not_ok "$1: /$2/ is on the screen:"
		sed 's/^/    |/' "$work/screen"
	else
		ok "$1"
	fi
}
