# screens/: one file per pane, model -> cells.
noinst_LIBRARIES += libscreens.a
libscreens_a_SOURCES = screens/export.h
# What a program links to draw panes.  The cells come from tui/local.mk.
SCREENS_LIBS = libscreens.a libcells.a $(CORE_LIBS) $(JANSSON_LIBS) $(UNISTRING_LIBS)
