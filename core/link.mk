# links of core/ and their tests
libcore_a_SOURCES += \
	core/link.c core/link.h \
	core/link_capability.c \
	core/link_deltas.c \
	core/link_present.c \
	core/links.c core/links.h

if HAVE_CMOCKA
UNIT_TESTS += tests/core/link_test
tests_core_link_test_SOURCES = tests/core/link_test.c \
	tests/core/link_bench.h \
	tests/support/fake_archive.c tests/support/fake_archive.h
tests_core_link_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/core/link_clock_test
tests_core_link_clock_test_SOURCES = tests/core/link_clock_test.c \
	tests/core/link_bench.h \
	tests/support/fake_archive.c tests/support/fake_archive.h
tests_core_link_clock_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=net_wall_ms
tests_core_link_clock_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/core/links_storm_test
tests_core_links_storm_test_SOURCES = tests/core/links_storm_test.c \
	tests/core/link_bench.h \
	tests/support/fake_archive.c tests/support/fake_archive.h
tests_core_links_storm_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/core/link_hostile_test
tests_core_link_hostile_test_SOURCES = tests/core/link_hostile_test.c \
	tests/core/link_bench.h \
	tests/support/fake_archive.c tests/support/fake_archive.h \
	tests/support/rpc_writer.c tests/support/rpc_writer.h
tests_core_link_hostile_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
endif
