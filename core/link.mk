# links of core/ and their tests
libcore_a_SOURCES += core/link.c core/link.h core/links.c core/links.h
