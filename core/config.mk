# fleet.conf
libcore_a_SOURCES += \
	core/config.c core/config.h \
	core/config_checks.c \
	core/config_grammar.c core/config_grammar.h \
	core/config_lookup.c \
	core/config_value.c core/config_value.h
dist_man_MANS += docs/fleet.conf.5

if HAVE_CMOCKA
UNIT_TESTS += tests/core/config_test
tests_core_config_test_SOURCES = tests/core/config_test.c
tests_core_config_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
endif

FUZZ_TARGETS += tests/fuzz/config_fuzz
tests_fuzz_config_fuzz_SOURCES = tests/fuzz/config_fuzz.c $(FUZZ_MAIN)
tests_fuzz_config_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_config_fuzz_LDADD = $(CORE_LIBS)
EXTRA_DIST += tests/fuzz/corpus/config
