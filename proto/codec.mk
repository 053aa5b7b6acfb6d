# sources of proto/ and their tests: codec
libproto_a_SOURCES += \
	proto/builder.c proto/builder.h \
	proto/layout.h \
	proto/message.c proto/message.h
EXTRA_DIST += proto/psp.capnp

if HAVE_CMOCKA
UNIT_TESTS += tests/proto/builder_test
tests_proto_builder_test_SOURCES = tests/proto/builder_test.c
tests_proto_builder_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
endif
