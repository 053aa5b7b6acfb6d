# the PSP server of an archive
libtotebox_a_SOURCES += \
	totebox/connection.c \
	totebox/grant.c \
	totebox/serve.c \
	totebox/server.h \
	totebox/watch.c
