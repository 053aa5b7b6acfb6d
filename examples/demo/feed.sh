#!/bin/sh
# feed.sh - what happens in the demonstration fleet while somebody looks: rent comes in,
# bills are paid, a tenant moves, one side of the group pays another.
#
#   feed.sh ESTATE        started by scripts/demo; needs TOTEBOX in the environment
#
# An entry every second or two, as the books' owners would append them.  Both sides of an
# intercompany payment are booked, the receiver's some seconds after the payer's: until
# then the console shows one side.
set -u

estate=$1
seed=20250101
day() { date -u +%Y-%m-%d; }

# random FROM TO, into $drawn; the same sequence in every run.
random() {
	seed=$(((seed * 1103515245 + 12345) & 2147483647))
	drawn=$(($1 + (seed >> 8) % ($2 - $1 + 1)))
}

# entry ENTITY CODE DESCRIPTION CURRENCY DEBITED CREDITED AMOUNT: one transaction.
entry() {
	{
		echo "$(day) ($2) $3"
		echo "    $5    $7 $4"
		echo "    $6    -$7 $4"
	} | hledger -f - print -x -O csv |
		"$TOTEBOX" import hledger --source feed "$estate/archives/$1" - >/dev/null
}
