# The row catalogue: view tables, row keys, batches; and their tests.
libproto_a_SOURCES += \
	proto/batch_build.c \
	proto/batch_read.c \
	proto/row_cells.h \
	proto/row_key.c \
	proto/row_tables.c \
	proto/rows.h
