# estate.sh - sourced by scripts/demo: the worked example of docs/views.md, section 6.
#
# Five archives whose figures are known to the cent (expected.tsv).  rates.csv is no
# history: three fixings that have the opening, mean and closing rate of the 255 that the
# European Central Bank published for 2025.  trial-balance.csv splits each balance into
# what stood there on 2024-12-31 and what the year added; cash balances both.

make_one() {
	archive_create "$1" "$2" "$3" "$4" &&
		archive_expose "$1" "$8" 2025-01-01 2025 &&
		archive_import "$1" "$source/trial-balance.csv" trial-balance --own-rows &&
		archive_import "$1" "$source/metrics.csv" metric --own-rows &&
		archive_import "$1" "$source/obligations.csv" obligation --own-rows &&
		archive_import "$1" "$source/edges.csv" edge --own-rows || return
	if [ "$1" = ALD ]; then
		archive_import "$1" "$source/rates.csv" rates --to USD,CAD || return
	fi
	archive_append "$1" asof 2025-12-31 && archive_pair "$1"
}

estate_make() {
	device_create
	each make_one
}

estate_configure() {
	cat <<-END
		# The worked example, as scripts/demo --estate alder started it.
		device   = "$estate/device.pem"
		operator = "demo"
		title    = "alder"

	END
	each conf_totebox
	cat <<-END

		portfolio "alder" {
		  root      = "ALD"
		  currency  = "USD"
		  period    = "2025"
		  basis     = "consolidated"
		  fx        = "ALD"
		  view-date = "2025-12-31"
		}
	END
}
