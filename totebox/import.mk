# Imports (hledger, metric, edge, obligation, trial balance, rates) and `append` live
# here, apart from archive.mk: import*.c, append*.c, csv.c, command_import.c,
# command_append.c, and their tests.  main.c needs import_main() and append_main() of
# import.h and nothing else.
# Branch imports-draft has all six kinds as a library (import_run.h, csv.h, known.h,
# tags.h), compiled but without entry points and tests: take what helps, drop this line.
libtotebox_a_SOURCES += \
	totebox/import.h
