#!/bin/sh
# check_docs.sh - what the documents name is there.
#
# Every `folder/file.ext`, `folder/` and `scripts/NAME` that a Markdown file at the top or
# in docs/ names in backticks must exist, and so must every local link.
cd "${top_srcdir:-.}" || exit 1
status=0
for document in *.md docs/*.md; do
	[ -f "$document" ] || continue
	folder=$(dirname "$document")
	for name in $(grep -oE '`[a-z.][a-z_./-]*/[A-Za-z0-9_./*-]*`' "$document" |
			tr -d '`' | sort -u); do
		case $name in
		*NAME*) continue ;; # a placeholder
		esac
		case ${name%%/*} in
		proto | net | core | screens | tui | totebox | tests | bench | scripts | docs | examples | .ci) ;;
		*) continue ;;
		esac
		ls -d $name >/dev/null 2>&1 && continue
		[ -f "$name.c" ] && continue # a program by its name
		echo "check_docs: $document names $name, which is not there"
		status=1
	done
	for link in $(grep -oE '\]\([^)#]+' "$document" | cut -c3- | sort -u); do
		case $link in *:*) continue ;; esac
		[ -e "$folder/$link" ] && continue
		echo "check_docs: $document links to $link, which is not there"
		status=1
	done
done
# What is made of other files is what would be made now.
if ! scripts/psp-exchange | cmp -s - docs/psp-exchange.md; then
	echo "check_docs: docs/psp-exchange.md differs from what scripts/psp-exchange writes"
	status=1
fi
exit $status
