# tui/: the terminal and the program fleet.
noinst_LIBRARIES += libtui.a
libtui_a_SOURCES =
# bin_PROGRAMS += fleet
