# `make demo` and `make test` are the two commands; every other target stands on `venv`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SPARK  := .venv-spark
SIZE   ?= full

.PHONY: venv demo test test-all spark bench lint types imports servers lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    the whole loop on a sample library, in a folder of its own"
	@echo "make test    everything CI runs"
	@echo "make test-all  the same, and every test on every database (before a release)"
	@echo "make spark   the tests of the extra 'spark', in an environment of its own"
	@echo "make bench   figures as ratios (SIZE=smoke proves that every row runs)"
	@echo "make venv    only the environment"

venv: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Carrel needs Python 3.11 or newer: make PYTHON=python3.11 venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian, apt-get install python3-venv"; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip sync -q --python $(BIN)/python --require-hashes requirements.lock && \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

# uv writes registry addresses into its own lock, so only the hashed export is kept.
lock:
	uv lock --upgrade
	uv export -q --format requirements-txt --no-emit-project --no-annotate --no-header > requirements.lock

servers:
	@bash tests/servers.sh

# Half a gigabyte that nobody else needs.
$(SPARK)/.ready: requirements-spark.lock pyproject.toml
	@test -x $(SPARK)/bin/python || $(PYTHON) -m venv $(SPARK)
	@$(SPARK)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@$(SPARK)/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

spark: $(SPARK)/.ready
	@bash tests/java.sh
	$(SPARK)/bin/pytest -m spark tests/spark

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv
	$(BIN)/mypy

imports: venv
	$(BIN)/lint-imports

# Three on two cores: a tenth of the time each waits for a server, a disk or a moment.
test: venv servers lint types imports
	TMPDIR="$$(bash tests/memory_folder.sh)" $(BIN)/pytest -n 3 --dist loadgroup --durations=40

test-all:
	BREADTH=all $(MAKE) test

bench: venv
	$(BIN)/python -m bench --size $(SIZE)

demo: venv
	@$(BIN)/carrel demo

clean:
	rm -rf $(VENV) $(SPARK) .mypy_cache .ruff_cache .pytest_cache build dist
