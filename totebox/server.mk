# the PSP server of an archive
libtotebox_a_SOURCES += \
	totebox/connection.c \
	totebox/grant.c \
	totebox/serve.c \
	totebox/server.h \
	totebox/watch.c

if HAVE_CMOCKA
UNIT_TESTS += tests/totebox/serve_test
tests_totebox_serve_test_SOURCES = tests/totebox/serve_test.c
tests_totebox_serve_test_LDADD = $(CORE_LIBS) $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
endif
