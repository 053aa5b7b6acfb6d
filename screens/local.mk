# screens/: one file per pane, model -> cells.
noinst_LIBRARIES += libscreens.a
libscreens_a_SOURCES = \
	screens/alerts.c \
	screens/card.c screens/card.h \
	screens/digits.c screens/digits.h \
	screens/draw.h \
	screens/entity.c \
	screens/executive.c screens/executive_table.c \
	screens/export.c screens/export.h screens/export_part.h \
	screens/export_csv.c screens/export_html.c screens/export_json.c \
	screens/export_order.c screens/export_text.c \
	screens/filter.c screens/filter.h \
	screens/fleet.c screens/fleet_map.c \
	screens/format.c screens/format.h screens/format_time.c \
	screens/log.c \
	screens/pane.c screens/pane.h \
	screens/portfolio.c \
	screens/reconcile.c \
	screens/screen.c screens/screen.h \
	screens/table.c screens/table.h screens/table_draw.c \
	screens/table_filter.c screens/table_filter.h \
	screens/viewport.c \
	screens/words.c
# What a program links to draw panes.  The cells come from tui/local.mk.
SCREENS_LIBS = libscreens.a libcells.a $(CORE_LIBS) $(JANSSON_LIBS) $(UNISTRING_LIBS)

if HAVE_CMOCKA
check_LIBRARIES += libmodelfixture.a
libmodelfixture_a_SOURCES = \
	tests/support/model_fixture.c tests/support/model_fixture.h
UNIT_TESTS += tests/screens/panes_test
tests_screens_panes_test_SOURCES = tests/screens/panes_test.c
tests_screens_panes_test_LDADD = libmodelfixture.a $(SCREENS_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/screens/export_test
tests_screens_export_test_SOURCES = tests/screens/export_test.c
tests_screens_export_test_LDADD = libmodelfixture.a $(SCREENS_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/screens/table_test
tests_screens_table_test_SOURCES = tests/screens/table_test.c
tests_screens_table_test_LDADD = libmodelfixture.a $(SCREENS_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/golden/screens
UNIT_TESTS += tests/screens/format_test
tests_screens_format_test_SOURCES = tests/screens/format_test.c
tests_screens_format_test_LDADD = $(SCREENS_LIBS) $(CMOCKA_LIBS)
endif
