#!/bin/sh
# Each row of docs/limits.md names a test, and each of these tests is there and run.
set -u
cd "${top_srcdir:-.}" || exit 1
failed=0
rows=0
while IFS= read -r row; do
    names=$(printf '%s\n' "$row" | sed 's/.*|\([^|]*\)|$/\1/' | tr -d '`')
    [ -n "$(printf '%s' "$names" | tr -d ' ')" ] || {
        echo "no test: $row"
        failed=1
    }
    for name in $names; do
        grep -rqs --include='*.c' "^ *cmocka_unit_test($name)," tests || {
            echo "docs/limits.md names $name, which no test program runs"
            failed=1
        }
    done
    rows=$((rows + 1))
done <<END
$(grep '^|' docs/limits.md | grep -v '^| limit \|^|---')
END
[ "$rows" -ge 40 ] || { echo "only $rows limits"; failed=1; }
exit $failed
