# Every target does its own set-up: Rust from the machine, Python packages into .venv.

TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
VENV := .venv
PYTHON := $(VENV)/bin/python
INTEROP := tests/interop
FAULTS := tests/faults
POSTGRES := tests/postgres
COMPARE := benches/compare

# Every test has what it needs for itself, a PostgreSQL server included: they run on all processors side by side.
PYTEST := GEN=$(TARGET_DIR)/debug/gen $(PYTHON) -m pytest -q --numprocesses auto --maxprocesses 8

.PHONY: quick test fuzz test-rust test-readers test-faults test-postgres postgres-server interop deny bench bench-micro bench-check bench-compare clean

# What to run after each change: formatting, lints, and the crate's own tests.
quick:
	cargo fmt --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	cargo test --locked

# All tests: the crate's own, what other people's readers make of its files, and what comes to PostgreSQL.
test: test-rust test-readers test-postgres test-faults

test-rust:
	cargo test --locked

test-readers: $(VENV)/interop
	cargo build --locked
	$(PYTEST) $(INTEROP)

test-postgres: $(VENV)/postgres postgres-server
	cargo build --locked
	$(PYTEST) $(POSTGRES)

# Thousands of random schemas instead of the hundreds of `make test`. Their seed is in the name of a test that fails:
# SCHEMA_SEED=... draws them again.
FUZZ_SEED := $(or $(SCHEMA_SEED),$(shell date +%s))
fuzz: $(VENV)/interop
	cargo build --locked
	SCHEMAS=$(or $(SCHEMAS),3000) SCHEMA_SEED=$(FUZZ_SEED) $(PYTEST) $(INTEROP)/test_schemas.py

# Disks that fill up, kills, limits, strangers: as root all of it; as another user, what is left out is counted.
test-faults: $(VENV)/interop
	cargo build --locked
	$(PYTEST) $(FAULTS)

# The programs of which the tests start a server of their own. Debian's package would start another one, unless told.
NO_CLUSTER := /etc/postgresql-common/createcluster.d/samplegen.conf
postgres-server:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && mkdir -p $(dir $(NO_CLUSTER)) && \
		echo "create_main_cluster = false" > $(NO_CLUSTER) && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends postgresql >/dev/null; \
		installed=$$?; rm -f $(NO_CLUSTER); (exit $$installed); \
	} || { echo "PostgreSQL's server programs (initdb) are needed: install postgresql"; exit 1; }
	@command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qq --no-install-recommends pgbouncer >/dev/null; \
	} || echo "PgBouncer is not installed: tests of connection poolers will be skipped"

# The readers that take long to install: ClickHouse and Spark (which needs Java).
interop: $(VENV)/heavy
	cargo build --locked
	GEN=$(TARGET_DIR)/debug/gen $(PYTHON) -m pytest -q $(INTEROP) -m heavy

# Licences, sources and banned crates of all dependencies, by the rules of deny.toml.
deny:
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo fetch --locked
	cargo deny --offline check licenses bans sources

# All benchmarks; results in benches/compare/results.
bench: bench-micro bench-check bench-compare

bench-micro:
	cargo bench --locked -p samplegen-benches --bench micro --bench generators

bench-check:
	cargo bench --locked -p samplegen-benches --bench check

# BENCH_FLAGS="--quick" for a few minutes instead of half an hour.
bench-compare: $(VENV)/compare
	cargo build --locked --release --bin gen
	cargo build --locked --release -p samplegen-benches --bins
	$(PYTHON) $(COMPARE)/run.py --gen $(TARGET_DIR)/release/gen --floor $(TARGET_DIR)/release/floor \
		--arrow-writer $(TARGET_DIR)/release/arrow_writer $(BENCH_FLAGS)

$(VENV)/bin/python:
	@command -v python3 >/dev/null || { echo "Python 3.11 or newer is needed: install python3"; exit 1; }
	@python3 -m venv $(VENV) || { echo "Python's venv module is needed: install python3-venv"; exit 1; }

$(VENV)/interop: $(INTEROP)/requirements.txt | $(VENV)/bin/python
	$(PYTHON) -m pip install -q --disable-pip-version-check -r $<
	@touch $@

$(VENV)/heavy: $(INTEROP)/requirements-heavy.txt $(VENV)/interop
	$(PYTHON) -m pip install -q --disable-pip-version-check -r $<
	@touch $@

$(VENV)/postgres: $(POSTGRES)/requirements.txt $(VENV)/interop
	$(PYTHON) -m pip install -q --disable-pip-version-check -r $<
	@touch $@

$(VENV)/compare: $(COMPARE)/requirements.txt | $(VENV)/bin/python
	$(PYTHON) -m pip install -q --disable-pip-version-check -r $<
	@touch $@

clean:
	cargo clean
	rm -rf $(VENV)
