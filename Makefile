# Everything a developer types. Bare `make` lists the verbs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATABASE ?= data/release-health.duckdb
ARGS ?=
ROUNDS ?= 25

export PYTHONPATH := $(CURDIR)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

install = $(BIN)/pip install --quiet --constraint constraints.txt --editable

.DEFAULT_GOAL := help
.PHONY: help setup serve test test-clients crash check fmt bench bench-check bench-ingest clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## create .venv and install the service into it

serve: $(VENV)/.installed ## fill a demo if there is no data yet, then serve it
	@mkdir -p $(dir $(DATABASE))
	@$(BIN)/release-health demo --if-empty --database $(DATABASE)
	@$(BIN)/release-health serve --database $(DATABASE) $(ARGS)

test: $(VENV)/.installed-test ## run the tests; ARGS="-k window" for some of them
	@$(BIN)/pytest --numprocesses auto $(ARGS)

test-clients: $(VENV)/.installed-test ## install and run other clients: Node, a browser, commands
	@tests/clients/npm/install
	@$(BIN)/pytest -m installed tests/clients $(ARGS)

crash: $(VENV)/.installed-test ## kill the service ROUNDS times; nothing acknowledged is lost
	@CRASH_ROUNDS=$(ROUNDS) $(BIN)/pytest --quiet tests/crash $(ARGS)

check: $(VENV)/.installed-test ## lint, format, types, import direction, names
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --quiet tests/test_architecture.py tests/test_names.py tests/test_docs.py

fmt: $(VENV)/.installed-test ## format the code and mend what can be mended
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

bench: $(VENV)/.installed-race ## race the reference's storage design and exact SQL; table, JSON, plots
	$(BIN)/python -m benchmarks.race $(ARGS)

bench-check: $(VENV)/.installed-race ## a short race that judges answers, not time
	$(BIN)/python -m benchmarks.race --rounds 1 --growth --output benchmarks/results/check $(ARGS)

bench-ingest: $(VENV)/.installed-bench ## time the way in beside a bare route, with a table and a plot
	$(BIN)/python -m benchmarks.ingest $(ARGS)

clean: ## remove the environment and all caches; keep data/
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	rm -rf tests/clients/npm/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not one;" \
	         "name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "installing the service into $(VENV) ..."
	@$(install) .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "installing the service, test and lint tools into $(VENV) ..."
	@$(install) '.[test,lint]'
	@touch $@

$(VENV)/.installed-bench: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "installing the service and what the benchmarks need into $(VENV) ..."
	@$(install) '.[test,bench]'
	@touch $@

$(VENV)/.installed-race: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "installing the service and the contestants of the race into $(VENV) ..."
	@$(install) '.[test,bench,race]'
	@touch $@
