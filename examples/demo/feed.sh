#!/bin/sh
# feed.sh - what happens in the demonstration fleet while somebody looks: rent comes in,
# bills are paid, a tenant moves, the group charges a property and is paid.
#
#   feed.sh ESTATE        started by scripts/demo, which exports TOTEBOX
#
# An entry every second and a half ($FLEET_DEMO_PAUSE), as the books' owners would append
# it.  What passes between two entities is booked on both sides, the second some seconds
# after the first: until then the console shows a difference.
set -u

estate=$1
pause=${FLEET_DEMO_PAUSE:-1.5}
seed=20250101
occupied=16900

# random FROM TO, into $drawn; the same sequence in every run.
random() {
	seed=$(((seed * 1103515245 + 12345) & 2147483647))
	drawn=$(($1 + (seed >> 8) % ($2 - $1 + 1)))
}

# pick WORD...: one of them, into $picked.
pick() {
	random 1 $#
	eval "picked=\${$drawn}"
}

# entry ENTITY CURRENCY CODE DESCRIPTION DEBITED CREDITED AMOUNT: one transaction.
entry() {
	"$TOTEBOX" append "$estate/archives/$1" txn --date "$(date -u +%Y-%m-%d)" \
		--code "$3" --desc "$4" "$5" "$7" "$2" "$6" "-$7" "$2"
}

property() {
	pick TERN:USD MILL:USD QUAY:USD LIND:EUR KORB:EUR MAPL:CAD
	entity=${picked%:*} currency=${picked#*:}
}

rent_received() {
	property
	random 900 14500
	entry "$entity" "$currency" "" "Rent received" assets:bank:operating \
		assets:receivable:rent "$drawn.00"
}

rent_billed() {
	property
	random 300 2400
	entry "$entity" "$currency" "" "Parking billed" assets:receivable:rent \
		revenues:rent:parking "$drawn.00"
}

cost_paid() {
	property
	pick repairs utilities insurance
	account=$picked
	random 120 4200
	entry "$entity" "$currency" "" "Invoice paid" "expenses:$account" \
		assets:bank:operating "$drawn.50"
}

tenant_moved() {
	random -60 60
	occupied=$((occupied + drawn))
	[ $occupied -lt 16000 ] && occupied=16000
	[ $occupied -gt 18400 ] && occupied=18400
	"$TOTEBOX" append "$estate/archives/TERN" metric key=area.occupied \
		"end=$(date -u +%Y-%m-%d)" unit=m2 "value=$occupied" nature=stock
}

# The holding company of the Americas charges Tern Point; both book it, then it is paid.
charge_number=0
charged() {
	charge_number=$((charge_number + 1))
	random 1200 7800
	charge=$drawn.00
	entry LUS USD "RC-TERN-$charge_number" "Works recharged" assets:receivable:ic:TERN \
		revenues:fee:ic:TERN "$charge"
}
charge_booked() {
	entry TERN USD "RC-TERN-$charge_number" "Works recharged" expenses:fee:ic:LUS \
		liabilities:payable:ic:LUS "$charge"
}
charge_paid() {
	entry TERN USD "PR-TERN-$charge_number" "Recharge paid" liabilities:payable:ic:LUS \
		assets:bank:operating "$charge"
}
payment_booked() {
	entry LUS USD "PR-TERN-$charge_number" "Recharge received" assets:bank:operating \
		assets:receivable:ic:TERN "$charge"
}

while [ -d "$estate/archives" ]; do
	for event in rent_received charged cost_paid tenant_moved charge_booked rent_billed \
		rent_received charge_paid cost_paid rent_received payment_booked; do
		$event || exit
		sleep "$pause"
	done
done
