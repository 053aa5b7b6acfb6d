# screens/: one file per pane, model -> cells.
noinst_LIBRARIES += libscreens.a
libscreens_a_SOURCES =
