#!/bin/sh
# command_test.sh - the program totebox as a person at a shell uses it.
T=${top_builddir:-.}/totebox/totebox
data=${top_srcdir:-.}/examples/alder
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
case $T in /*) ;; *) T=$OLDPWD/$T data=$OLDPWD/$data ;; esac
failed=0

# says NAME EXPECTED COMMAND...: its output, both streams, contains EXPECTED.
says() {
	name=$1 expected=$2
	shift 2
	"$@" >out 2>&1
	if grep -qF -e "$expected" out; then
		echo "ok - $name"
	else
		echo "not ok - $name: no \"$expected\" in:"
		sed 's/^/    /' out
		failed=1
	fi
}
# ends NAME STATUS COMMAND...
ends() {
	name=$1 expected=$2
	shift 2
	"$@" >out 2>&1
	status=$?
	if [ $status -eq "$expected" ]; then
		echo "ok - $name"
	else
		echo "not ok - $name: status $status, not $expected:"
		sed 's/^/    /' out
		failed=1
	fi
}

for command in init audit query status verify checkpoint expose pair pairings revoke; do
	ends "$command explains itself" 0 "$T" $command --help
	lines=$(wc -l <out)
	[ "$lines" -le 24 ] || { echo "not ok - the usage of $command has $lines lines"; failed=1; }
	ends "$command refuses nothing at all" 2 "$T" $command
done
ends "an unknown command is a usage error" 2 "$T" nonsense
ends "the usage of all fits a screen" 0 "$T" --help
[ "$(wc -l <out)" -le 24 ] || { echo "not ok - totebox --help is too long"; failed=1; }

says "init names the key" "SHA256:" "$T" init CED --entity CED \
	--name 'Cedar "Court" ${HOME}' --kind property --currency EUR
ends "init never overwrites" 1 "$T" init CED --entity CED --name x --kind property \
	--currency EUR
says "a wrong kind is refused with its file and line" "archive.conf:" "$T" init X \
	--entity X --name x --kind firm --currency EUR
[ ! -e X/authority.key ] || { echo "not ok - a refused init left a key"; failed=1; }
[ "$(stat -c %a CED/authority.key)" = 600 ] || { echo "not ok - key mode"; failed=1; }
says "a name with quotes and dollars stays itself" 'Cedar "Court" ${HOME}' "$T" status CED
says "status is an object for programs" '"entity":"CED"' "$T" status CED --format json

ends "the trial balance goes in" 0 "$T" import trial-balance --own-rows CED \
	"$data/trial-balance.csv"
says "its positions come out" "CED|all|A|cash|cash||EUR" "$T" query CED pos
says "by period, with what equity was worth when booked" \
	"CED|2025|Q|equity.capital|capital||EUR,2025,20250101,20251231,Q,equity.capital,capital,,EUR,-1000000.00,0,-1080000.00,0,USD,1," \
	"$T" query CED pos 'CED|2025|Q' --period 2025 --format csv
says "and by total" '"account":""' "$T" query CED pos --granularity total --format json
says "verify proves all of it" "every hash recomputed" "$T" verify CED
says "checkpoint signs a note" "totebox/CED" "$T" checkpoint CED
says "which verify then checks" '"verified":true' "$T" verify CED --format json

says "an archive exposes nothing by itself" "nothing is exposed" "$T" expose CED
key=$(head -c 32 /dev/zero | base64)
ends "a key that is no key is refused" 2 "$T" pair CED --public-key "$key"
key=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo= # RFC 8032, 7.1, test 1
ends "nobody is paired with nothing" 1 "$T" pair CED --public-key "$key"
cat >CED/exposure.conf <<-END
	expose "sums" {
	  to      = {"aggregator"}
	  views   = {"pos"}
	  periods = {"2025"}
	}
END
says "expose shows what a role would see" "pos     13" "$T" expose CED --to aggregator
says "query shows a role its rows" "CED|2025|A|cash|||EUR" "$T" query CED pos \
	--role aggregator
says "another role sees none" "0" sh -c "'$T' query CED pos --role lender --format csv |
	sed 1d | wc -l"
says "pair signs for the device" "epoch 1" "$T" pair CED --public-key "$key" --label me
says "and lists it" "active   SHA256:" "$T" pairings CED
fingerprint=$(awk '{ print $2 }' out)
ends "the fingerprint that its owner read is checked" 0 "$T" pair CED \
	--public-key "$key" --key "$fingerprint"
ends "another one is refused" 1 "$T" pair CED --public-key "$key" \
	--key SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
ends "revoke ends it" 0 "$T" revoke CED "$fingerprint" --text "lost"
says "for good" "revoked  SHA256:" "$T" pairings CED
ends "once" 1 "$T" revoke CED "$fingerprint"
says "a new pairing has a new epoch" "epoch 2" "$T" pair CED --public-key "$key"

before=$(date -u +%Y-%m-%dT%H:%M:%S.000Z -d '1 hour ago')
says "as it was an hour ago there is nothing" "1" sh -c \
	"'$T' query CED pos --as-of $before --format csv | wc -l"

cp -r CED damaged
sed -i '3s/EUR/USD/' damaged/ledger/log.jsonl
ends "a changed ledger is not served" 3 "$T" query damaged pos
says "and the line is named" "log.jsonl:4:" "$T" verify damaged
cp CED/ledger/log.jsonl damaged/ledger/log.jsonl
sed -i '$d' damaged/ledger/log.jsonl
"$T" checkpoint CED >checkpoint
cp CED/ledger/checkpoint damaged/ledger/checkpoint
says "nor is one that lost its end" "the end of the ledger is gone" "$T" verify damaged
ends "an archive that was never served has no audit log" 0 "$T" audit CED
chmod 644 CED/authority.key
ends "a key that others may read is refused" 4 "$T" status CED
exit $failed
