# proto/: PSP, sans I/O.  Bytes in, bytes out.
noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = \
	proto/buffer.c proto/buffer.h \
	proto/conf_text.c proto/conf_text.h \
	proto/error.c proto/error.h \
	proto/guarded.c proto/guarded.h \
	proto/names.c proto/names.h \
	proto/text.h
PROTO_LIBS = libproto.a $(GNUTLS_LIBS) $(NETTLE_LIBS)
include proto/codec.mk
include proto/security.mk
include proto/rpc.mk
include proto/command.mk
include proto/rows.mk
include proto/pairing.mk
