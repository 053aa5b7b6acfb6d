# sources of core/ and their tests: figures
libproto_a_SOURCES += proto/decimal.c proto/decimal.h

if HAVE_CMOCKA
UNIT_TESTS += tests/proto/decimal_test
tests_proto_decimal_test_SOURCES = tests/proto/decimal_test.c
tests_proto_decimal_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
endif
