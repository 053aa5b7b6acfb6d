# interop: our links, caller and server against libcapnp and OpenSSL, and what no
# archive can make a caller do.  Programs in C++ are only ever the other end: they are
# built without sanitizers, of which the code under test gets its own.
SHELL_TESTS += tests/interop/link_map_test.sh
EXTRA_DIST += tests/interop/skipped.sh tests/interop/example_test.sh \
	examples/totebox-cpp/README.md examples/totebox-cpp/rows.csv

if HAVE_CAPNP_CXX
FOREIGN_FLAGS = -I$(top_srcdir) -isystem tests/interop/schema $(CAPNP_CXX_CFLAGS)
FOREIGN_HARDENING = $(HARDEN_LDFLAGS)
FOREIGN_LIBS = libtoteboxcpp.a libpspcpp.a $(CAPNP_CXX_LIBS)

# What the schema compiler writes is compiled as it is.
check_LIBRARIES += libpspcpp.a
nodist_libpspcpp_a_SOURCES = tests/interop/schema/psp.capnp.c++
libpspcpp_a_SOURCES =
libpspcpp_a_CPPFLAGS = $(FOREIGN_FLAGS)
libpspcpp_a_CXXFLAGS = -std=c++17 -fPIE
CLEANFILES += tests/interop/schema/psp.capnp.c++ tests/interop/schema/psp.capnp.h
tests/interop/schema/psp.capnp.c++: proto/psp.capnp
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(CAPNP) compile -oc++:$(@D) \
		--src-prefix=$(top_srcdir)/proto $(top_srcdir)/proto/psp.capnp
tests/interop/schema/psp.capnp.h: tests/interop/schema/psp.capnp.c++

check_LIBRARIES += libtoteboxcpp.a
libtoteboxcpp_a_SOURCES = \
	examples/totebox-cpp/capability.cc examples/totebox-cpp/capability.h \
	examples/totebox-cpp/rows.cc examples/totebox-cpp/rows.h \
	examples/totebox-cpp/server.cc examples/totebox-cpp/server.h \
	examples/totebox-cpp/sheet.cc examples/totebox-cpp/sheet.h \
	examples/totebox-cpp/tls.cc examples/totebox-cpp/tls.h
libtoteboxcpp_a_CPPFLAGS = $(FOREIGN_FLAGS)
$(libtoteboxcpp_a_OBJECTS): tests/interop/schema/psp.capnp.h

TEST_PEERS += tests/interop/archive
tests_interop_archive_SOURCES = \
	tests/interop/archive.cc \
	tests/interop/book.cc tests/interop/book.h \
	tests/interop/commander.cc tests/interop/commander.h \
	tests/interop/mint.cc tests/interop/mint.h \
	tests/interop/tap.cc tests/interop/tap.h
tests_interop_archive_CPPFLAGS = $(FOREIGN_FLAGS)
tests_interop_archive_LDFLAGS = $(FOREIGN_HARDENING)
tests_interop_archive_LDADD = $(FOREIGN_LIBS)
$(tests_interop_archive_OBJECTS): tests/interop/schema/psp.capnp.h

# Callers in C++: each program starts the real server.
SERVE_BENCH = \
	tests/interop/serve_bench.cc tests/interop/serve_bench.h \
	tests/interop/session.cc tests/interop/session.h \
	tests/interop/mint.cc tests/interop/mint.h
UNIT_TESTS += tests/interop/callers_test
tests_interop_callers_test_SOURCES = tests/interop/callers_test.cc \
	tests/interop/callers.h $(SERVE_BENCH)
tests_interop_callers_test_CPPFLAGS = $(FOREIGN_FLAGS)
tests_interop_callers_test_LDFLAGS = $(FOREIGN_HARDENING)
tests_interop_callers_test_LDADD = $(FOREIGN_LIBS)
$(tests_interop_callers_test_OBJECTS): tests/interop/schema/psp.capnp.h
EXTRA_tests_interop_callers_test_DEPENDENCIES = totebox/totebox
UNIT_TESTS += tests/interop/refusals_test
tests_interop_refusals_test_SOURCES = tests/interop/refusals_test.cc $(SERVE_BENCH)
tests_interop_refusals_test_CPPFLAGS = $(FOREIGN_FLAGS)
tests_interop_refusals_test_LDFLAGS = $(FOREIGN_HARDENING)
tests_interop_refusals_test_LDADD = $(FOREIGN_LIBS)
$(tests_interop_refusals_test_OBJECTS): tests/interop/schema/psp.capnp.h
EXTRA_tests_interop_refusals_test_DEPENDENCIES = totebox/totebox
UNIT_TESTS += tests/interop/serve_test
tests_interop_serve_test_SOURCES = tests/interop/serve_test.cc $(SERVE_BENCH)
tests_interop_serve_test_CPPFLAGS = $(FOREIGN_FLAGS)
tests_interop_serve_test_LDFLAGS = $(FOREIGN_HARDENING)
tests_interop_serve_test_LDADD = $(FOREIGN_LIBS)
$(tests_interop_serve_test_OBJECTS): tests/interop/schema/psp.capnp.h
EXTRA_tests_interop_serve_test_DEPENDENCIES = totebox/totebox

TEST_PEERS += examples/totebox-cpp/totebox-cpp
examples_totebox_cpp_totebox_cpp_SOURCES = examples/totebox-cpp/totebox.cc
examples_totebox_cpp_totebox_cpp_CPPFLAGS = $(FOREIGN_FLAGS)
examples_totebox_cpp_totebox_cpp_LDFLAGS = $(FOREIGN_HARDENING)
examples_totebox_cpp_totebox_cpp_LDADD = $(FOREIGN_LIBS)
$(examples_totebox_cpp_totebox_cpp_OBJECTS): tests/interop/schema/psp.capnp.h

INTEROP_SUPPORT = \
	tests/interop/bench.c tests/interop/bench.h \
	tests/interop/child.c tests/interop/child.h
UNIT_TESTS += tests/interop/links_test
tests_interop_links_test_SOURCES = tests/interop/links_test.c $(INTEROP_SUPPORT)
tests_interop_links_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
SHELL_TESTS += tests/interop/example_test.sh
LINE = tests/interop/line.c tests/interop/line.h \
	tests/interop/child.c tests/interop/child.h
UNIT_TESTS += tests/interop/caller_test
tests_interop_caller_test_SOURCES = tests/interop/caller_test.c $(LINE)
tests_interop_caller_test_LDADD = libnet.a $(PROTO_LIBS) $(UV_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/interop/commander_test
tests_interop_commander_test_SOURCES = tests/interop/commander_test.c $(LINE)
tests_interop_commander_test_LDADD = libnet.a $(PROTO_LIBS) $(UV_LIBS) $(CMOCKA_LIBS)

# Archives that build their messages themselves.
DUEL = tests/interop/duel.cc tests/interop/duel.h \
	tests/interop/mint.cc tests/interop/mint.h
TEST_PEERS += tests/interop/hostile
tests_interop_hostile_SOURCES = tests/interop/hostile.cc $(DUEL) \
	tests/interop/rpc_noise.cc tests/interop/rpc_noise.h
tests_interop_hostile_CPPFLAGS = $(FOREIGN_FLAGS)
tests_interop_hostile_LDFLAGS = $(FOREIGN_HARDENING)
tests_interop_hostile_LDADD = $(FOREIGN_LIBS)
$(tests_interop_hostile_OBJECTS): tests/interop/schema/psp.capnp.h
TEST_PEERS += tests/interop/archives
tests_interop_archives_SOURCES = tests/interop/archives.cc $(DUEL) \
	tests/interop/archives.h \
	tests/interop/archives_rows.cc tests/interop/archives_rpc.cc
tests_interop_archives_CPPFLAGS = $(FOREIGN_FLAGS)
tests_interop_archives_LDFLAGS = $(FOREIGN_HARDENING)
tests_interop_archives_LDADD = $(FOREIGN_LIBS)
$(tests_interop_archives_OBJECTS): tests/interop/schema/psp.capnp.h

ARENA = $(INTEROP_SUPPORT) tests/interop/arena.c tests/interop/arena.h \
	tests/support/fake_archive.c tests/support/fake_archive.h
UNIT_TESTS += tests/interop/archives_test
tests_interop_archives_test_SOURCES = tests/interop/archives_test.c $(ARENA)
tests_interop_archives_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/interop/hostile_test
tests_interop_hostile_test_SOURCES = tests/interop/hostile_test.c $(ARENA)
tests_interop_hostile_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
else
SHELL_TESTS += tests/interop/skipped.sh
endif
