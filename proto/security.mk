# sources of proto/ and their tests: keys, TLS, capabilities
libproto_a_SOURCES += \
	proto/authority.c proto/authority.h \
	proto/certificate.c proto/certificate.h \
	proto/channel.c proto/channel.h \
	proto/keyfile.c proto/keyfile.h \
	proto/link.c proto/link.h \
	proto/point.c proto/point.h \
	proto/sign.c proto/sign.h \
	proto/token.c proto/token.h \
	proto/token_message.c

if HAVE_CMOCKA
UNIT_TESTS += tests/proto/keyfile_test
tests_proto_keyfile_test_SOURCES = tests/proto/keyfile_test.c
tests_proto_keyfile_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/proto/sign_test
tests_proto_sign_test_SOURCES = tests/proto/sign_test.c
tests_proto_sign_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/proto/channel_test
tests_proto_channel_test_SOURCES = tests/proto/channel_test.c
tests_proto_channel_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/proto/channel_openssl_test
tests_proto_channel_openssl_test_SOURCES = tests/proto/channel_openssl_test.c
tests_proto_channel_openssl_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/proto/channel_peer_test
tests_proto_channel_peer_test_SOURCES = tests/proto/channel_peer_test.c
tests_proto_channel_peer_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/proto/token_test
tests_proto_token_test_SOURCES = tests/proto/token_test.c \
	tests/proto/token_drafts.h tests/proto/token_links.h
tests_proto_token_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/proto/token_mutation_test
tests_proto_token_mutation_test_SOURCES = tests/proto/token_mutation_test.c \
	tests/proto/token_drafts.h tests/proto/token_links.h
tests_proto_token_mutation_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/proto/token_memory_test
tests_proto_token_memory_test_SOURCES = tests/proto/token_memory_test.c
tests_proto_token_memory_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc
tests_proto_token_memory_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
endif
EXTRA_DIST += tests/support/channel_pair.h tests/support/fixture.h tests/support/hex.h

FUZZ_TARGETS += tests/fuzz/channel_fuzz
tests_fuzz_channel_fuzz_SOURCES = tests/fuzz/channel_fuzz.c $(FUZZ_MAIN)
tests_fuzz_channel_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_channel_fuzz_LDADD = $(PROTO_LIBS)
FUZZ_TARGETS += tests/fuzz/keyfile_fuzz
tests_fuzz_keyfile_fuzz_SOURCES = tests/fuzz/keyfile_fuzz.c $(FUZZ_MAIN)
tests_fuzz_keyfile_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_keyfile_fuzz_LDADD = $(PROTO_LIBS)
FUZZ_TARGETS += tests/fuzz/token_fuzz
tests_fuzz_token_fuzz_SOURCES = tests/fuzz/token_fuzz.c $(FUZZ_MAIN)
tests_fuzz_token_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_token_fuzz_LDADD = $(PROTO_LIBS)
EXTRA_DIST += tests/fuzz/corpus/channel tests/fuzz/corpus/keyfile \
	tests/fuzz/corpus/token
