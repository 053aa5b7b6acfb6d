# PSP's RPC: structs of the schema, the two vats; and their tests.
libproto_a_SOURCES += \
	proto/caller.c proto/caller.h \
	proto/caller_calls.c \
	proto/caller_tables.c proto/caller_tables.h \
	proto/host.c proto/host.h \
	proto/host_calls.c \
	proto/host_tables.c proto/host_tables.h \
	proto/query.c proto/query.h \
	proto/rpc_message.c proto/rpc_message.h


if HAVE_CMOCKA
COUNTING_SERVICE = tests/support/counting_service.c tests/support/counting_service.h
RPC_WRITER = tests/support/rpc_writer.c tests/support/rpc_writer.h
UNIT_TESTS += tests/proto/query_test tests/proto/rpc_decode_test
tests_proto_query_test_SOURCES = tests/proto/query_test.c
tests_proto_query_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_rpc_decode_test_SOURCES = tests/proto/rpc_decode_test.c \
	$(COUNTING_SERVICE) $(RANDOM_ROWS)
tests_proto_rpc_decode_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/proto/caller_test tests/proto/host_test tests/proto/rpc_pair_test
tests_proto_caller_test_SOURCES = tests/proto/caller_test.c $(COUNTING_SERVICE) \
	$(RPC_WRITER) $(GOLDEN_SUPPORT)
tests_proto_caller_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_host_test_SOURCES = tests/proto/host_test.c $(COUNTING_SERVICE) \
	$(RPC_WRITER) $(GOLDEN_SUPPORT)
tests_proto_host_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_rpc_pair_test_SOURCES = tests/proto/rpc_pair_test.c $(COUNTING_SERVICE)
tests_proto_rpc_pair_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_rpc_pair_test_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
endif

FUZZ_TARGETS += tests/fuzz/caller_fuzz tests/fuzz/host_fuzz
tests_fuzz_caller_fuzz_SOURCES = tests/fuzz/caller_fuzz.c $(FUZZ_MAIN) \
	tests/support/counting_service.c tests/support/counting_service.h \
	tests/support/rpc_writer.c tests/support/rpc_writer.h
tests_fuzz_caller_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_caller_fuzz_LDADD = $(PROTO_LIBS)
tests_fuzz_host_fuzz_SOURCES = tests/fuzz/host_fuzz.c $(FUZZ_MAIN) \
	tests/support/counting_service.c tests/support/counting_service.h \
	tests/support/rpc_writer.c tests/support/rpc_writer.h
tests_fuzz_host_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_host_fuzz_LDADD = $(PROTO_LIBS)
EXTRA_DIST += tests/fuzz/corpus/caller tests/fuzz/corpus/host
