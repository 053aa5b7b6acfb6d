# net/: one TLS session over one TCP connection, for who dials and who accepts.
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = net/stream.c net/stream.h
NET_LIBS = libnet.a
