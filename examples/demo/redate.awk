# redate.awk - moves the demo's year 2025 so that its December is the current month.
#
#   awk -v today=2026-11-25 -v kind=journal -f redate.awk books/TERN.journal
#
# kind: journal (what would lie after today has not happened and is left out), csv (of
# metrics or obligations: nothing is known as of a day after today; the period 2025
# becomes the moved year), rates (the newest fixing is repeated for today, so that the
# rates of the demo are current), period (no input: prints the moved year's token, its
# first and last day, and the last day of the month before the current one).
# A last day of a month stays one.

function month_length(year, month)
{
	if (month == 2)
		return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
}
function move(date, year, month, day, months, length_before)
{
	year = substr(date, 1, 4) + 0
	month = substr(date, 6, 2) + 0
	day = substr(date, 9, 2) + 0
	length_before = month_length(year, month)
	months = year * 12 + month - 1 + shift
	year = int(months / 12)
	month = months % 12 + 1
	if (day == length_before || day > month_length(year, month))
		day = month_length(year, month)
	return sprintf("%04d-%02d-%02d", year, month, day)
}
function is_date(text)
{
	return text ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/
}
function compact(date)
{
	return substr(date, 1, 4) substr(date, 6, 2) substr(date, 9, 2)
}
function period_token(first, last)
{
	first = move("2025-01-01")
	last = move("2025-12-31")
	if (substr(first, 6) == "01-01")
		return substr(first, 1, 4)
	return compact(first) "-" compact(last)
}
BEGIN {
	shift = substr(today, 1, 4) * 12 + substr(today, 6, 2) - (2025 * 12 + 12)
	if (kind == "period") {
		print period_token(), move("2025-01-01"), move("2025-12-31"), \
			move("2025-11-30")
		exit
	}
	if (kind != "journal")
		FS = OFS = ","
	keep = 1
}
kind == "journal" {
	if ($1 ~ /^[0-9][0-9][0-9][0-9]-/) {
		moved = move($1)
		keep = moved <= today
		sub(/^[^ ]+/, moved)
	}
	if (keep)
		print
	next
}
FNR == 1 {
	for (i = 1; i <= NF; i++)
		column[$i] = i
	print
	next
}
kind == "rates" {
	$1 = move($1)
	if ($1 > today)
		next
	if (!newest && $1 != today) {
		newest = $1
		$1 = today
		print
		$1 = newest
	}
	newest = $1
	print
	next
}
{
	for (i = 1; i <= NF; i++)
		if (is_date($i))
			$i = move($i)
	if ("as_of" in column && $column["as_of"] > today)
		$column["as_of"] = today
	if ("nature" in column && $column["start"] == "" && $column["end"] > today)
		$column["end"] = today
	if ("period" in column && $column["period"] == "2025")
		$column["period"] = period_token()
	print
}
