# the code that two people compare, and its test
libproto_a_SOURCES += proto/pairing_code.c proto/pairing_code.h

if HAVE_CMOCKA
UNIT_TESTS += tests/proto/pairing_code_test
tests_proto_pairing_code_test_SOURCES = tests/proto/pairing_code_test.c
tests_proto_pairing_code_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
endif
