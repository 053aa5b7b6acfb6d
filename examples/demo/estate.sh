# estate.sh - sourced by scripts/demo: the demonstration fleet.
#
# Fifteen invented entities (entities.tsv) with a year of books in hledger's format
# (books/), metrics, obligations, ownership and exchange rates as CSV.  The files are of
# the year 2025; redate.awk moves them so that the year ends with the current month.

today=${FLEET_DEMO_TODAY:-$(date -u +%Y-%m-%d)}

redate() { awk -v today="$today" -v kind="$1" -f "$source/redate.awk" "${2:-/dev/null}"; }

# each COMMAND...: once for every entity, with the columns of its row as arguments.
each() {
	sed 1d "$source/entities.tsv" >"$estate/run/entities"
	while IFS=$tab read -r entity name kind currency group path weight exposes state <&3; do
		"$@" "$entity" "$name" "$kind" "$currency" "$group" "$path" "$weight" \
			"$exposes" "$state" || return
	done 3<"$estate/run/entities"
}

days_ago() { date -u -d "$today $1 days ago" +%Y-%m-%d; }

make_one() {
	entity=$1 exposes=$8 state=$9
	archive=$estate/archives/$entity
	archive_create "$entity" "$2" "$3" "$4" "$source/accounts.conf"
	archive_expose "$entity" "$exposes" "$first" "$period" "${closed%-*}"
	redate journal "$source/books/$entity.journal" >"$estate/books/$entity.journal"
	hledger -f "$estate/books/$entity.journal" print -x --infer-equity -O csv |
		"$TOTEBOX" import "$archive" hledger - >>"$estate/run/import.log"
	for table in metrics obligations edges; do
		"$TOTEBOX" import "$archive" "$table" "$estate/books/$table.csv" --own-rows \
			>>"$estate/run/import.log"
	done
	[ "$entity" != LRK ] || "$TOTEBOX" import "$archive" rates "$estate/books/rates.csv" \
		>>"$estate/run/import.log"
	case $state in
	aging) "$TOTEBOX" append "$archive" asof "$(days_ago 33)" ;;
	stale) "$TOTEBOX" append "$archive" asof "$(days_ago 52)" ;;
	esac >>"$estate/run/import.log"
	archive_pair "$entity"
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

serve_one() { [ "$9" = down ] || archive_serve "$1"; }
wait_one() { [ "$9" = down ] || archive_wait "$1"; }
estate_serve() {
	each serve_one
	each wait_one
}

configure_one() {
	if [ "$9" = down ]; then
		# An archive whose machine is off: nobody listens on this port.
		conf_totebox "$1" "$2" "$5" "$6" "$7" 127.0.0.1:1 "$(archive_own_key "$1")"
	else
		conf_totebox "$1" "$2" "$5" "$6" "$7"
	fi
}

estate_configure() {
	cat <<-END
		# The demonstration fleet, as scripts/demo started it.
		device   = "$estate/device.pem"
		operator = "demo"
		title    = "larkmoor"

	END
	each configure_one
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
