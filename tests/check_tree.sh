#!/bin/sh
# check_tree.sh - the architecture, as a test.
#
# Fails on an include that crosses layers the wrong way, a library header
# outside its home, a header that does not compile alone, a banned call,
# floating point where money is, and a test file that no fragment lists.
cd "${top_srcdir:-.}" || exit 1
layers="proto net core screens tui totebox"
status=0
complain() { echo "check_tree: $*"; status=1; }

may_include() {
	case $1 in
	proto) echo proto ;;
	net) echo proto net ;;
	core) echo proto net core ;;
	screens) echo proto core screens ;;
	tui) echo proto net core screens tui ;;
	totebox) echo proto net totebox ;;
	esac
}
for layer in $layers; do
	for edge in $(grep -rhoE '^#include "[^"]+"' --include='*.[ch]' $layer |
			cut -d'"' -f2 | sort -u); do
		to=${edge%%/*}
		case " $(may_include $layer) " in
		*" $to "*) continue ;;
		esac
		# The cell grid and the text that goes into it are the one door
		# from screens/ into tui/.
		[ $layer = screens ] && [ "$edge" = tui/cells.h ] && continue
		complain "$layer/ must not include $edge:" \
			$(grep -rlF "\"$edge\"" --include='*.[ch]' $layer)
	done
done

only_in() {
	found=$(grep -rlE "^#include <$1" --include='*.[ch]' $layers |
		grep -vE "^($2)")
	[ -z "$found" ] || complain "<$1...> belongs to $2, not to" $found
}
only_in '(n?curses|term)\.h' 'tui/terminal'
only_in 'gnutls/' 'proto/(channel|certificate)\.c'
only_in 'nettle/' 'proto/sign\.c'
only_in 'uv\.h' 'net/|core/(loop|link)|tui/|totebox/'
only_in 'jansson\.h' 'totebox/|screens/export'
only_in 'confuse\.h' 'core/config|core/viewport|tui/theme_file|totebox/'
only_in 'cmocka\.h' 'tests/'

for header in $(find $layers -name '*.h'); do
	echo "#include \"$header\"" |
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -I. -fsyntax-only -x c - ||
		complain "$header does not compile alone"
done

banned='(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|localtime|gmtime|ctime|alloca)'
grep -rnE "(^|[^_[:alnum:]])$banned[[:space:]]*\(" --include='*.[ch]' $layers &&
	complain "banned call"
grep -rnwE 'float|double' --include='*.[ch]' proto core totebox |
	grep -vE ':[[:space:]]*(/?\*|//)|layout\.h|"[^"]*\bfloat\b[^"]*"' &&
	complain "floating point in proto/, core/ or totebox/"

for test in $(find tests -name '*_test.c' -o -name '*_fuzz.c'); do
	grep -qrE --include='*.mk' "(^|[[:space:]])${test%.c}([[:space:]]|$)" . ||
		complain "$test is listed in no fragment"
done
exit $status
