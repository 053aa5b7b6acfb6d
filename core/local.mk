# core/: the aggregator.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES =
CORE_LIBS = libcore.a libnet.a $(PROTO_LIBS) $(UV_LIBS) $(CONFUSE_LIBS)
include core/figures.mk
include core/config.mk
include core/viewport.mk
include core/link.mk
