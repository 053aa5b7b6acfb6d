# tui/: the terminal and the program fleet.

# The grid of cells is a library of its own: it is all of tui/ that screens/ may see.
noinst_LIBRARIES += libcells.a
libcells_a_SOURCES = \
	tui/cells.c tui/cells.h \
	tui/sanitise.c tui/sanitise.h

noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = \
	tui/actions.c tui/actions.h \
	tui/command_line.c \
	tui/console.c tui/console.h tui/console_state.h \
	tui/facts.c \
	tui/guard.c tui/guard.h \
	tui/journal.c \
	tui/keys.c tui/keys.h \
	tui/looks.c tui/looks.h \
	tui/models.c \
	tui/navigate.c \
	tui/pairing_pane.c \
	tui/prompt.c tui/prompt.h \
	tui/terminal.c tui/terminal.h tui/terminal_state.h \
	tui/terminal_output.c \
	tui/terminal_paint.c tui/terminal_paint.h \
	tui/theme.c tui/theme.h tui/theme_file.c
CONSOLE_LIBS = libtui.a $(SCREENS_LIBS) $(NCURSES_LIBS)

if HAVE_CMOCKA
UNIT_TESTS += tests/tui/cells_test
tests_tui_cells_test_SOURCES = tests/tui/cells_test.c
tests_tui_cells_test_LDADD = libcells.a $(UNISTRING_LIBS) $(CMOCKA_LIBS)

check_LIBRARIES += libconsolehost.a
libconsolehost_a_SOURCES = \
	tests/support/console_host.c tests/support/console_host.h
CONSOLE_TEST_LIBS = libconsolehost.a libmodelfixture.a $(CONSOLE_LIBS)
# The console over invented figures, to look at; not a test.
EXTRA_PROGRAMS += tests/tui/console_demo
tests_tui_console_demo_SOURCES = tests/tui/console_demo.c
tests_tui_console_demo_LDADD = $(CONSOLE_TEST_LIBS)

UNIT_TESTS += tests/tui/theme_test
tests_tui_theme_test_SOURCES = tests/tui/theme_test.c
tests_tui_theme_test_LDADD = $(CONSOLE_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/tui/keys_test
tests_tui_keys_test_SOURCES = tests/tui/keys_test.c
tests_tui_keys_test_LDADD = libtui.a $(UNISTRING_LIBS) $(CMOCKA_LIBS)

if HAVE_VTERM
check_LIBRARIES += libpty.a
libpty_a_SOURCES = tests/support/pty.c tests/support/pty.h
UNIT_TESTS += tests/tui/terminal_test
tests_tui_terminal_test_SOURCES = tests/tui/terminal_test.c
tests_tui_terminal_test_LDADD = $(CONSOLE_TEST_LIBS) $(VTERM_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/tui/console_test
tests_tui_console_test_SOURCES = tests/tui/console_test.c
tests_tui_console_test_LDADD = libpty.a $(CONSOLE_TEST_LIBS) $(VTERM_LIBS) $(CMOCKA_LIBS)
endif
endif
include tui/program.mk

FUZZ_TARGETS += tests/fuzz/cells_fuzz tests/fuzz/keys_fuzz
tests_fuzz_cells_fuzz_SOURCES = tests/fuzz/cells_fuzz.c $(FUZZ_MAIN)
tests_fuzz_cells_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_cells_fuzz_LDADD = libscreens.a libcells.a $(UNISTRING_LIBS)
tests_fuzz_keys_fuzz_SOURCES = tests/fuzz/keys_fuzz.c $(FUZZ_MAIN)
tests_fuzz_keys_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_keys_fuzz_LDADD = libtui.a libcells.a $(UNISTRING_LIBS)
EXTRA_DIST += tests/fuzz/corpus/cells tests/fuzz/corpus/keys

EXTRA_DIST += docs/console.md docs/json.md
dist_man_MANS += docs/fleet.1 docs/fleet-filter.7 docs/fleet-marks.7
