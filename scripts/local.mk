# scripts/ and what they run on; the documents of entry.
EXTRA_DIST += .ci/run \
	scripts/archives.sh scripts/build scripts/check scripts/demo scripts/install \
	scripts/pictures scripts/psp-exchange scripts/real-data \
	examples \
	tests/e2e \
	docs/limits.md \
	docs/pictures \
	docs/psp.md \
	docs/psp-exchange.md \
	docs/rows.md \
	ARCHITECTURE.md CHANGELOG.md HACKING.md README.md
