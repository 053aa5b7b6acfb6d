# totebox/: the reference archive, program totebox.
noinst_LIBRARIES += libtotebox.a
libtotebox_a_SOURCES =
TOTEBOX_LIBS = libtotebox.a libnet.a $(PROTO_LIBS) $(UV_LIBS) $(JANSSON_LIBS) $(CONFUSE_LIBS)
include totebox/archive.mk
include totebox/pairing.mk
include totebox/server.mk
include totebox/import.mk
