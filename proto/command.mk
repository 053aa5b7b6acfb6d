# commands: their encoding and digest, receipts, the caller's calls; and their tests
libproto_a_SOURCES += \
	proto/caller_commands.c proto/caller_commands.h \
	proto/command.c proto/command.h \
	proto/receipt.c \
	proto/wire_text.c proto/wire_text.h

if HAVE_CMOCKA
UNIT_TESTS += tests/proto/command_test
tests_proto_command_test_SOURCES = tests/proto/command_test.c \
	tests/support/golden_file.c tests/support/golden_file.h
tests_proto_command_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
endif

FUZZ_TARGETS += tests/fuzz/command_fuzz
tests_fuzz_command_fuzz_SOURCES = tests/fuzz/command_fuzz.c $(FUZZ_MAIN)
tests_fuzz_command_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_command_fuzz_LDADD = $(PROTO_LIBS)
EXTRA_DIST += tests/fuzz/corpus/command
