# A fresh machine needs only git, python3 (3.11+), pip and make: everything else goes into .venv.
PYTHON ?= python3
UV_VERSION := 0.13.9
# As many test processes as the machine has processors, at least two: tests also wait for browsers and servers.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 2 ? 2 : n > 8 ? 8 : n)))
EXAMPLES ?= 50
ARGS ?=
# The tests of a file stay in one process, which shares their fixtures, and keep pytest-django's order: tests with
# transactions of their own come after those that are rolled back.
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
PORT ?= 8000
BIN := .venv/bin
# Where it is set, every start would compile everything anew; the two workers of a test run take 10 s each for that.
export PYTHONDONTWRITEBYTECODE :=

CATALOGUES := $(wildcard jiedao/*/locale/*/LC_MESSAGES/django.po)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-pg fuzz axe check bench screenshots fmt messages sbom bundle clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: .venv/.messages ## Prepare .venv with the locked dependencies and compile the translations

demo: setup ## Load the reference town, make demonstration data, start, print the address and accounts (PORT=8010)
	$(BIN)/jiedao demo --port $(PORT) $(ARGS)

test: setup ## Run the tests on SQLite (ARGS="-k word" narrows them)
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

test-pg: setup ## Run those that reach the database on a throwaway PostgreSQL
	$(BIN)/python tools/test_pg.py -- $(PARALLEL) $(ARGS)

fuzz: setup ## Call every operation of the APIs in every role with many made requests (EXAMPLES=200)
	API_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest $(PARALLEL) $(ARGS) \
	  jiedao/api/tests/test_openapi.py jiedao/api/open311/tests/test_description.py

axe: setup ## Open every kind of page in Chromium and check it for WCAG 2.2 AA
	JIEDAO_TEST_AXE=1 $(BIN)/python -m pytest tests/browser/test_accessibility.py $(ARGS)

check: setup ## Style, types, room direction, migrations, vendored files, templates, translations, documents
	$(BIN)/python tools/check.py $(ARGS)

bench: setup ## Measure speed and print it as ratios
	$(BIN)/python -m benchmarks.run $(ARGS)

screenshots: setup ## Take the pictures of docs/images anew from the demonstration data
	$(BIN)/python tools/screenshots.py $(ARGS)

fmt: setup ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: setup ## Add new texts to the English catalogues, to be translated by hand
	$(BIN)/python tools/messages.py update

sbom: setup ## Write the bill of materials (CycloneDX) and the list of licences to dist/
	$(BIN)/python tools/make_sbom.py $(ARGS)

bundle: setup ## Make one archive in dist/ that installs jiedao on a machine like this one without a network
	$(BIN)/python tools/make_bundle.py $(ARGS)

clean: ## Remove .venv, caches and compiled translations; keeps ./data
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache build dist
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
	find jiedao -name '*.mo' -delete

.venv/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "jiedao needs Python 3.11 or newer, and $(PYTHON) is older (or missing)." >&2; \
	  echo "Name a newer one: make $(or $(MAKECMDGOALS),setup) PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	@test -x $(BIN)/uv || $(PYTHON) -m pip --python $(BIN)/python install -q uv==$(UV_VERSION)
	$(BIN)/uv sync --frozen --extra text --quiet --no-python-downloads --compile-bytecode --python $(BIN)/python
	$(BIN)/python -m compileall -q -j 0 jiedao
	@touch $@

.venv/.messages: .venv/.ready $(CATALOGUES)
	$(BIN)/python tools/messages.py compile
	@echo "Ready. Put the command jiedao on the path of this shell: . .venv/bin/activate (or write .venv/bin/jiedao)"
	@touch $@
