# what a running fleet consists of; the program fleet is linked from it and the console
noinst_LIBRARIES += libsession.a
libsession_a_SOURCES = \
	tui/fleet_file.c tui/fleet_file.h \
	tui/output.c tui/output.h \
	tui/pairing_desk.c tui/pairing_desk.h \
	tui/pairing_dial.c tui/pairing_dial.h \
	tui/session.c tui/session.h \
	tui/settle.c tui/settle.h

bin_PROGRAMS += tui/fleet
tui_fleet_SOURCES = \
	tui/main.c \
	tui/command_check.c \
	tui/command_console.c \
	tui/command_keys.c \
	tui/command_pair.c \
	tui/command_rows.c \
	tui/once.c tui/once.h \
	tui/commands.h
tui_fleet_LDADD = libsession.a $(CONSOLE_LIBS) $(CORE_LIBS)

if HAVE_CMOCKA
UNIT_TESTS += tests/tui/fleet_file_test tests/tui/pairing_dial_test
tests_tui_fleet_file_test_SOURCES = tests/tui/fleet_file_test.c
tests_tui_fleet_file_test_LDADD = libsession.a $(CORE_LIBS) $(CMOCKA_LIBS)
tests_tui_pairing_dial_test_SOURCES = tests/tui/pairing_dial_test.c
tests_tui_pairing_dial_test_LDADD = libsession.a libcells.a $(CORE_LIBS) \
	$(UNISTRING_LIBS) $(CMOCKA_LIBS)
endif
