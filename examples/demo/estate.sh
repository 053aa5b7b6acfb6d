# estate.sh - sourced by scripts/demo: the demonstration fleet.
#
# Fifteen invented entities (entities.tsv) with a year of books in hledger's format
# (books/), metrics, obligations, ownership and exchange rates as CSV.  The files are of
# the year 2025; redate.awk moves them so that the year ends with the current month.

today=${FLEET_DEMO_TODAY:-$(date -u +%Y-%m-%d)}

redate() { awk -v today="$today" -v kind="$1" -f "$source/redate.awk" "${2:-/dev/null}"; }

days_ago() { date -u -d "$today $1 days ago" +%Y-%m-%d; }

make_one() {
	journal=$estate/books/$1.journal
	archive_create "$1" "$2" "$3" "$4" "$source/accounts.conf" &&
		archive_expose "$1" "$8" "$first" "$period" "${closed%-*}" &&
		redate journal "$source/books/$1.journal" >"$journal" &&
		hledger -f "$journal" print -x --infer-equity -O csv >"$journal.csv" &&
		archive_import "$1" "$journal.csv" hledger --source books &&
		archive_import "$1" "$estate/books/metrics.csv" metric --own-rows &&
		archive_import "$1" "$estate/books/obligations.csv" obligation --own-rows &&
		archive_import "$1" "$estate/books/edges.csv" edge --own-rows || return
	if [ "$1" = LRK ]; then
		archive_import "$1" "$estate/books/rates.csv" rates --to USD,GBP,CAD || return
	fi
	case $9 in
	aging) archive_append "$1" asof "$(days_ago 33)" ;;
	stale) archive_append "$1" asof "$(days_ago 52)" ;;
	esac && archive_pair "$1"
}

estate_make() {
	read -r period first last closed <<-END
		$(redate period)
	END
	for table in metrics obligations edges; do
		redate csv "$source/$table.csv" >"$estate/books/$table.csv"
	done
	redate rates "$source/rates.csv" >"$estate/books/rates.csv"
	device_create
	each make_one
}

estate_configure() {
	cat <<-END
		# The demonstration fleet, as scripts/demo started it.
		device   = "$estate/device.pem"
		operator = "demo"
		title    = "larkmoor"

	END
	each conf_totebox
	cat <<-END

		portfolio "larkmoor" {
		  root     = "LRK"
		  currency = "USD"
		  period   = "$period"
		  basis    = "consolidated"
		  fx       = "LRK"
		}
		portfolio "close" {
		  root     = "LRK"
		  currency = "USD"
		  period   = "${closed%-*}"
		  basis    = "consolidated"
		  fx       = "LRK"
		}

		check "BK-LRK" {
		  kind = "BK"  title = "bank statement, holding"  period = "$closed"
		  a = {"LRK|metric|bank.book"}
		  b = {"LRK|metric|bank.statement"}
		}
		check "BK-LUS" {
		  kind = "BK"  title = "bank statement, Americas"  period = "$closed"
		  a = {"LUS|metric|bank.book"}
		  b = {"LUS|metric|bank.statement"}
		}
		check "RR-TERN" {
		  kind = "RR"  title = "rent roll, Tern Point"  period = "$period"
		  a = {"TERN|metric|rent.due"}
		  b = {"TERN|metric|rentroll.total"}
		}
		check "RR-MILL" {
		  kind = "RR"  title = "rent roll, Old Millrace"  period = "$period"
		  a = {"MILL|metric|rent.due"}
		  b = {"MILL|metric|rentroll.total"}
		}
		check "RR-VERR" {
		  kind = "RR"  title = "rent roll, Passage Verrerie"  period = "$period"
		  a = {"VERR|metric|rent.due"}
		  b = {"VERR|metric|rentroll.total"}
		}
		check "CT-RENT-US" {
		  kind = "CT"  title = "rent rolls of the Americas"  period = "$period"
		  a = {"TERN|metric|rent.due", "MILL|metric|rent.due", "QUAY|metric|rent.due"}
		  b = {"TERN|metric|rentroll.total", "MILL|metric|rentroll.total",
		       "QUAY|metric|rentroll.total"}
		}
	END
}
