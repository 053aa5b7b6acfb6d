# the archive on disk, its imports and command line
libtotebox_a_SOURCES += \
	totebox/archive.h \
	totebox/date.c totebox/date.h \
	totebox/exposure.h \
	totebox/index.h \
	totebox/ledger.h \
	totebox/line.h \
	totebox/merkle.c totebox/merkle.h \
	totebox/note.c totebox/note.h \
	totebox/pairing.h \
	totebox/problem.c totebox/problem.h
