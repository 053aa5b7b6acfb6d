# screens/: one file per pane, model -> cells.
noinst_LIBRARIES += libscreens.a
libscreens_a_SOURCES = \
	screens/digits.c screens/digits.h \
	screens/export.h \
	screens/format.c screens/format.h screens/format_time.c
# What a program links to draw panes.  The cells come from tui/local.mk.
SCREENS_LIBS = libscreens.a libcells.a $(CORE_LIBS) $(JANSSON_LIBS) $(UNISTRING_LIBS)

if HAVE_CMOCKA
UNIT_TESTS += tests/screens/format_test
tests_screens_format_test_SOURCES = tests/screens/format_test.c \
	tests/support/model_words.c
tests_screens_format_test_LDADD = $(SCREENS_LIBS) $(CMOCKA_LIBS)
endif
