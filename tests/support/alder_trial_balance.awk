# alder_trial_balance.awk - one entity of the worked example as `totebox import
# trial-balance` takes it.
#
#   awk -f alder_trial_balance.awk -v entity=CED tests/data/alder/trial-balance.tsv
#
# Capital and retained earnings stood on the last day before the year, with cash against
# them, so that opening net assets have a date; they carry what they were worth in USD
# when they were paid in or earned.  Everything else is the year's closing balance.
BEGIN {
	FS = "\t"
	line["cash"] = "cash"
	line["ic loan receivable"] = "receivable"
	line["ic receivable"] = "receivable"
	line["rent receivable"] = "receivable"
	line["property"] = "property"
	line["investment"] = "investment"
	line["accounts payable"] = "payable"
	line["ic payable"] = "payable"
	line["external debt"] = "debt"
	line["ic loan payable"] = "debt"
	line["capital"] = "equity.capital"
	line["opening retained earnings"] = "equity.retained"
	line["distributions"] = "equity.distribution"
	line["rental revenue"] = "revenue.operating"
	line["management fee income"] = "revenue.fee"
	line["advisory revenue"] = "revenue.other"
	line["fx gain"] = "revenue.other"
	line["interest income"] = "revenue.interest"
	line["distribution income"] = "revenue.distribution"
	line["property operating expense"] = "opex"
	line["management fee expense"] = "fee.management"
	line["general and administrative"] = "admin"
	line["interest expense"] = "interest"
	line["depreciation"] = "depreciation"
	print "entity,date,account,cls,line,amount,cur,cp,ref,hist,hist_cur"
}
function row(date, account, cls, amount, cur, cp, hist) {
	if (!(account in line)) {
		print FILENAME ":" FNR ": no line for account " account > "/dev/stderr"
		exit 1
	}
	printf "%s,%s,%s,%s,%s,%.2f,%s,%s,,%s,%s\n", entity, date, account, cls,
		line[account], amount, cur, cp, hist, hist == "" ? "" : "USD"
}
NR == 1 || $1 != entity { next }
$4 == "Q" && $3 != "distributions" {
	row("2024-12-31", $3, $4, $5, $2, $6, $7)
	opening += $5
	currency = $2
	next
}
{ row("2025-12-31", $3, $4, $5, $2, $6, "") }
END {
	if (currency != "") {
		row("2024-12-31", "cash", "A", -opening, currency, "", "")
		row("2025-12-31", "cash", "A", opening, currency, "", "")
	}
}
