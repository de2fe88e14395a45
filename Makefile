# Everything is set up inside .venv; nothing needs root. Each command can be interrupted and repeated.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST_WORKERS ?= 2
# a bot that is started anew compiles none of its code again, wherever somebody keeps Python from remembering it
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check lint types arrows tests bench constraints clean

help: ## show the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

$(READY): constraints.txt pyproject.toml
	@echo "── setting up in $(VENV) (the first time takes a few minutes)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes --no-deps \
		--only-binary :all: -r constraints.txt | awk -v all=$$(grep -c == constraints.txt) \
		'/^(Collecting|Requirement already)/ { n++; if (n % 15 == 0) { print "   " n " of " all " packages"; fflush() } }'
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "── ready"

run: $(READY) ## run the network: the sandbox, or the real one once settings exist
	@exec $(BIN)/community-bot up

test: $(READY) ## lint, type-check, check the arrows, run all tests
	@$(MAKE) --no-print-directory lint types arrows tests

lint: $(READY)
	@echo "── lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@echo "── types"
	@$(BIN)/mypy

arrows: $(READY)
	@echo "── arrows between the rooms"
	@$(BIN)/lint-imports

tests: $(READY)
	@echo "── tests"
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal

bench: $(READY) ## measure; the last line is one JSON object
	@$(BIN)/python -m sandbox.bench

constraints: $(READY) ## pin every dependency anew, with hashes
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --upgrade --output-file constraints.txt

clean: ## remove what the commands above made
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
