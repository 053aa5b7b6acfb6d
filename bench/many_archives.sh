# many_archives.sh - sourced by benchmarks: N invented archives, served by a process each.
#
# Needs what scripts/archives.sh needs; many_archives COUNT leaves $estate/fleet.conf.

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

many_archives() {
	device_create
	ids=$(seq -f 'N-%04g' 1 "$1")
	echo "making $1 archives ..." >&2
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
}
