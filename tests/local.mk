# tests/: what belongs to no single folder.  Unit tests are listed beside the
# sources they test, in that folder's fragment.
SHELL_TESTS += tests/check_tree.sh tests/check_docs.sh
EXTRA_DIST += tests/support/cmocka_all.h
FUZZ_REPLAY = tests/fuzz/replay_main.c
include tests/interop/local.mk
