# what a running fleet consists of; the program fleet is linked from it and the console
noinst_LIBRARIES += libsession.a
libsession_a_SOURCES = \
	tui/session.c tui/session.h \
	tui/settle.c tui/settle.h
