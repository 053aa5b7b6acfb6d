# the talk that pairs a device, the code that two people compare, and their tests
libproto_a_SOURCES += \
	proto/pairing_caller.c proto/pairing_caller.h \
	proto/pairing_code.c proto/pairing_code.h \
	proto/pairing_host.c proto/pairing_host.h

if HAVE_CMOCKA
UNIT_TESTS += tests/proto/pairing_code_test
tests_proto_pairing_code_test_SOURCES = tests/proto/pairing_code_test.c
tests_proto_pairing_code_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/proto/pairing_talk_test
tests_proto_pairing_talk_test_SOURCES = tests/proto/pairing_talk_test.c
tests_proto_pairing_talk_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
endif
