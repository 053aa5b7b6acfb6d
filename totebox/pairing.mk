# how an archive lets devices in: the window, the request, the desk
libtotebox_a_SOURCES += \
	totebox/command_approve.c \
	totebox/command_open.c \
	totebox/desk.c totebox/desk.h \
	totebox/named_lines.c totebox/named_lines.h \
	totebox/pairing_request.c totebox/pairing_request.h \
	totebox/pairing_window.c totebox/pairing_window.h \
	totebox/stranger.c

if HAVE_CMOCKA
UNIT_TESTS += tests/totebox/pairing_window_test tests/totebox/stranger_test
tests_totebox_pairing_window_test_SOURCES = tests/totebox/pairing_window_test.c
tests_totebox_pairing_window_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_stranger_test_SOURCES = tests/totebox/stranger_test.c
tests_totebox_stranger_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
endif

FUZZ_TARGETS += tests/fuzz/request_fuzz
tests_fuzz_request_fuzz_SOURCES = tests/fuzz/request_fuzz.c $(FUZZ_MAIN)
tests_fuzz_request_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_request_fuzz_LDADD = $(TOTEBOX_LIBS)
EXTRA_DIST += tests/fuzz/corpus/request
