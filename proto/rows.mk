# The row catalogue: view tables, row keys, batches; and their tests.
libproto_a_SOURCES += \
	proto/batch_build.c \
	proto/batch_read.c \
	proto/row_cells.h \
	proto/row_key.c \
	proto/row_tables.c \
	proto/rows.h

if HAVE_CMOCKA
UNIT_TESTS += tests/proto/rows_test tests/proto/batch_test tests/proto/catalogue_test
RANDOM_ROWS = tests/support/random_rows.c tests/support/random_rows.h
tests_proto_rows_test_SOURCES = tests/proto/rows_test.c $(RANDOM_ROWS)
tests_proto_rows_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_catalogue_test_SOURCES = tests/proto/catalogue_test.c
tests_proto_catalogue_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_proto_batch_test_SOURCES = tests/proto/batch_test.c $(RANDOM_ROWS)
tests_proto_batch_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
endif

FUZZ_TARGETS += tests/fuzz/batch_fuzz
tests_fuzz_batch_fuzz_SOURCES = tests/fuzz/batch_fuzz.c $(FUZZ_MAIN)
tests_fuzz_batch_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_batch_fuzz_LDADD = $(PROTO_LIBS)
EXTRA_DIST += tests/fuzz/corpus/batch
