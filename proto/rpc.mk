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
