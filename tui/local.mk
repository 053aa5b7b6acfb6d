# tui/: the terminal and the program fleet.

# The grid of cells is a library of its own: it is all of tui/ that screens/ may see.
noinst_LIBRARIES += libcells.a
libcells_a_SOURCES = \
	tui/cells.c tui/cells.h \
	tui/sanitise.c tui/sanitise.h

noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = tui/console.h tui/guard.h
CONSOLE_LIBS = libtui.a $(SCREENS_LIBS) $(NCURSES_LIBS)
# bin_PROGRAMS += fleet

if HAVE_CMOCKA
UNIT_TESTS += tests/tui/cells_test
tests_tui_cells_test_SOURCES = tests/tui/cells_test.c
tests_tui_cells_test_LDADD = libcells.a $(UNISTRING_LIBS) $(CMOCKA_LIBS)
endif
include tui/program.mk
