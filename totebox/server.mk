# the PSP server of an archive
libtotebox_a_SOURCES += \
	totebox/connection.c \
	totebox/grant.c \
	totebox/serve.c \
	totebox/server.h \
	totebox/sources.c totebox/sources.h \
	totebox/watch.c

SHELL_TESTS += tests/limits_test.sh
if HAVE_CMOCKA
UNIT_TESTS += tests/totebox/serve_test
tests_totebox_serve_test_SOURCES = tests/totebox/serve_test.c \
	tests/totebox/serve_bench.h
tests_totebox_serve_test_LDADD = $(CORE_LIBS) $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/serve_hostile_test
tests_totebox_serve_hostile_test_SOURCES = tests/totebox/serve_hostile_test.c \
	tests/totebox/serve_bench.h tests/totebox/serve_peer.h
tests_totebox_serve_hostile_test_LDADD = $(CORE_LIBS) $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/serve_refusal_test
tests_totebox_serve_refusal_test_SOURCES = tests/totebox/serve_refusal_test.c \
	tests/totebox/serve_bench.h tests/totebox/serve_peer.h \
	tests/proto/token_drafts.h tests/proto/token_links.h
tests_totebox_serve_refusal_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=link_mint
tests_totebox_serve_refusal_test_LDADD = $(CORE_LIBS) $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/serve_grant_test
tests_totebox_serve_grant_test_SOURCES = tests/totebox/serve_grant_test.c \
	tests/totebox/serve_bench.h tests/totebox/serve_peer.h
tests_totebox_serve_grant_test_LDADD = $(CORE_LIBS) $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/serve_slow_test
tests_totebox_serve_slow_test_SOURCES = tests/totebox/serve_slow_test.c \
	tests/totebox/serve_bench.h tests/totebox/serve_peer.h
tests_totebox_serve_slow_test_LDADD = $(CORE_LIBS) $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/serve_limits_test
tests_totebox_serve_limits_test_SOURCES = tests/totebox/serve_limits_test.c \
	tests/totebox/serve_bench.h tests/totebox/serve_peer.h
tests_totebox_serve_limits_test_LDADD = $(CORE_LIBS) $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/serve_idle_test
tests_totebox_serve_idle_test_SOURCES = tests/totebox/serve_idle_test.c \
	tests/totebox/serve_bench.h tests/totebox/serve_peer.h
tests_totebox_serve_idle_test_LDADD = $(CORE_LIBS) $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/sources_test
tests_totebox_sources_test_SOURCES = tests/totebox/sources_test.c
tests_totebox_sources_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/watch_test
tests_totebox_watch_test_SOURCES = tests/totebox/watch_test.c
tests_totebox_watch_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=net_wall_ms
tests_totebox_watch_test_LDADD = libcore.a $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
endif
