# sources of proto/ and their tests: codec
libproto_a_SOURCES += \
	proto/builder.c proto/builder.h \
	proto/layout.h \
	proto/message.c proto/message.h
EXTRA_DIST += proto/psp.capnp tests/golden/psp

if HAVE_CMOCKA
UNIT_TESTS += tests/proto/message_test tests/proto/builder_test
tests_proto_message_test_SOURCES = tests/proto/message_test.c
tests_proto_message_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_builder_test_SOURCES = tests/proto/builder_test.c
tests_proto_builder_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_builder_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc

# The compiled schemas as tables; the golden connections read through them.
SCHEMA_SUPPORT = \
	tests/support/schema.c tests/support/schema.h \
	tests/support/schema_copy.c \
	tests/support/schema_layout.h \
	tests/support/schema_text.c

UNIT_TESTS += tests/proto/layout_test
tests_proto_layout_test_SOURCES = tests/proto/layout_test.c $(SCHEMA_SUPPORT) \
	tests/support/layout_writer.c tests/support/layout_writer.h
tests_proto_layout_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)

GOLDEN_SUPPORT = \
	tests/support/golden_file.c tests/support/golden_file.h \
	tests/support/golden_message.c tests/support/golden_message.h

UNIT_TESTS += tests/proto/golden_test tests/proto/encoding_test
tests_proto_golden_test_SOURCES = tests/proto/golden_test.c \
	$(SCHEMA_SUPPORT) $(GOLDEN_SUPPORT)
tests_proto_golden_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_encoding_test_SOURCES = tests/proto/encoding_test.c \
	$(SCHEMA_SUPPORT) $(GOLDEN_SUPPORT)
tests_proto_encoding_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/proto/rebuild_test
tests_proto_rebuild_test_SOURCES = tests/proto/rebuild_test.c \
	tests/support/capnp_tool.c tests/support/capnp_tool.h \
	$(SCHEMA_SUPPORT) $(GOLDEN_SUPPORT)
tests_proto_rebuild_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/proto/differential_test
tests_proto_differential_test_SOURCES = tests/proto/differential_test.c \
	tests/support/capnp_tool.c tests/support/capnp_tool.h \
	$(SCHEMA_SUPPORT) $(GOLDEN_SUPPORT)
tests_proto_differential_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
endif

# A fuzz target is listed like this, by whoever owns what it feeds:
#   FUZZ_TARGETS += tests/fuzz/NAME_fuzz
#   tests_fuzz_NAME_fuzz_SOURCES = tests/fuzz/NAME_fuzz.c $(FUZZ_MAIN)
#   tests_fuzz_NAME_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
#   tests_fuzz_NAME_fuzz_LDADD = ...
#   EXTRA_DIST += tests/fuzz/corpus/NAME
# "make check" replays tests/fuzz/corpus/NAME through it.  With --enable-fuzzing (and
# CC=clang) it is a libFuzzer program instead, and "make fuzz" runs all of them.
if FUZZING
FUZZ_MAIN =
FUZZ_LINK = -fsanitize=fuzzer
else
FUZZ_MAIN = tests/fuzz/replay_main.c
FUZZ_LINK =
endif
FUZZ_SECONDS = 60
.PHONY: fuzz
fuzz: $(FUZZ_TARGETS)
	for target in $(FUZZ_TARGETS); do \
		name=$${target##*/}; name=$${name%_fuzz}; \
		mkdir -p tests/fuzz/found/$$name || exit 1; \
		./$$target -max_total_time=$(FUZZ_SECONDS) -timeout=5 \
			-artifact_prefix=tests/fuzz/found/$$name- \
			tests/fuzz/found/$$name \
			$(srcdir)/tests/fuzz/corpus/$$name || exit 1; \
	done

FUZZ_TARGETS += tests/fuzz/message_fuzz
tests_fuzz_message_fuzz_SOURCES = tests/fuzz/message_fuzz.c $(FUZZ_MAIN)
tests_fuzz_message_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_message_fuzz_LDADD = libproto.a
EXTRA_DIST += tests/fuzz/corpus/message
