# links of core/ and their tests
libcore_a_SOURCES += core/link.c core/link.h core/links.c core/links.h

if HAVE_CMOCKA
UNIT_TESTS += tests/core/link_test
tests_core_link_test_SOURCES = tests/core/link_test.c \
	tests/support/fake_archive.c tests/support/fake_archive.h
tests_core_link_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
endif
