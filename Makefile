# Needs Python 3.11 or newer, git and make; uses uv where it is installed, else venv and pip.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types layers check format bench nightly soak lock clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := $(shell command -v uv 2>/dev/null)
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# One for each processor of a small machine; the tests wait for git more than they compute.
JOBS ?= 2

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(READY) ## Make .venv and install the locked dependencies and lorefs itself

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "lorefs needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
ifdef UV
	uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	VIRTUAL_ENV=$(VENV) uv pip install --quiet --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) uv pip install --quiet --no-deps --no-build-isolation --editable .
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endif
	@touch $@

demo: $(READY) ## Show a clash in plain git, and the same with lorefs
	@$(BIN)/lorefs demo

test: check ## Run the checks and all tests but the slow ones
	$(BIN)/python -m pytest -q -n $(JOBS)

check: lint types layers ## Run ruff, mypy and import-linter

lint: $(READY)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports --no-logo

format: $(READY) ## Mend what ruff can mend
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

bench: $(READY) ## Measure, as ratios to references of the same run
	@set -e; for bench in benchmarks/[a-z]*.py; do $(BIN)/python $$bench; done

nightly: $(READY) ## Run all tests, those that take minutes included
	LOREFS_NO_FORKS=1 $(BIN)/python -m pytest -q -n $(JOBS) -m ""

# Examples of random histories that `make soak` runs; each machine has its share of them.
EXAMPLES ?= 20000

soak: $(READY) ## Run random histories for hours
	LOREFS_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q -n $(JOBS) -m "" tests/convergence

lock: ## Choose the newest versions of all dependencies again (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --upgrade --quiet \
		--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
		--all-extras --group dev --group build --output-file requirements.lock pyproject.toml

clean: ## Remove what was built and installed
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
