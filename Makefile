# Every command of the project. `make` lists them.
# Nothing is written outside this folder; pip keeps the configuration you gave it (files, PIP_* variables).
SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first of these that is Python 3.11 to 3.13; say PYTHON=… to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
VENV := .venv
STAMP := $(VENV)/.installed
PIP := PIP_CACHE_DIR="$(CURDIR)/.cache/pip" $(VENV)/bin/python -m pip --disable-pip-version-check --no-input
PIP_INSTALL := $(PIP) install -qq --no-warn-script-location --root-user-action=ignore
# Homes and caches of the libraries used lie in .cache.
HOMES := HOME="$(CURDIR)/.cache/home" XDG_CACHE_HOME="$(CURDIR)/.cache/home/.cache" \
	XDG_CONFIG_HOME="$(CURDIR)/.cache/home/.config" XDG_DATA_HOME="$(CURDIR)/.cache/home/.local/share" \
	MPLCONFIGDIR="$(CURDIR)/.cache/home/matplotlib" AIRFLOW_HOME="$(CURDIR)/.cache/airflow" GX_ANALYTICS_ENABLED=False
# How many processes run unit and integration tests; those of the whole stack run by themselves afterwards.
JOBS ?= auto
RUN := env $(HOMES) $(VENV)/bin/python
# `up`, `down` and `status` act on the stack in this folder; .local unless said otherwise.
STACK = $(if $(DIRECTORY),--directory "$$DIRECTORY")

.PHONY: help setup demo up down status office test lint year bench fuzz faults audit handbook clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## Install everything into .venv, as locked in requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  echo "Python 3.11, 3.12 or 3.13 is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo "Name one: make $(firstword $(MAKECMDGOALS)) PYTHON=/path/to/python3.13" >&2; exit 1; }
	@echo "Installing into $(VENV) (once; a few minutes) ..."
	@$(VENV)/bin/python -c 'import pip' 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); } || { \
	  echo "No virtual environment could be made; on Debian and Ubuntu the package python3-venv is missing." >&2; exit 1; }
	@$(PIP_INSTALL) --require-hashes -r requirements.lock -c requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## Rehearse the 2011–2012 cycle through a real Airflow; ANSWERS=table.csv, DROP=NAME, KEEP=1
	@$(RUN) -m rehearsal demo $(if $(ANSWERS),--answers "$$ANSWERS") $(if $(DROP),--drop "$$DROP") $(if $(KEEP),--keep-running)

up: $(STAMP) ## Start PostgreSQL, the mail capture and Airflow; show where they are
	@$(RUN) -m local_stack up $(STACK)

down: ## End them; the data stay in .local
	@if [ -x $(VENV)/bin/python ]; then $(RUN) -m local_stack down $(STACK); else echo "Not set up, so nothing runs."; fi

status: ## Say what runs and where
	@if [ -x $(VENV)/bin/python ]; then $(RUN) -m local_stack status $(STACK) || test $$? -eq 3; \
	  else echo "Not set up, so nothing runs."; fi

office: $(STAMP) ## Start an office's topology without containers (docs/accounts.md); ARGS="--workers 4"
	@$(RUN) -m local_stack office up $(STACK) $(ARGS)

test: $(STAMP) ## Run the tests: all, or those of ARGS="tests/unit -k name"; JOBS=n of them at once
	@if [ -n "$(strip $(ARGS))" ]; then exec $(RUN) -m pytest $(ARGS); fi; code=0; \
	  $(RUN) -m pytest tests/unit tests/integration --numprocesses $(JOBS) --maxprocesses 4 --dist loadfile || code=$$?; \
	  $(RUN) -m pytest tests/end_to_end || code=$$?; exit $$code

lint: $(STAMP) ## Check style (ruff) and types (mypy)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(RUN) -m mypy

year: $(STAMP) ## Play a simulated year in which everything breaks; writes out/year (some minutes)
	@$(RUN) -m rehearsal.simulated_year --out out/year $(ARGS)

bench: $(STAMP) ## Run the benchmarks; writes out/bench.json
	@$(RUN) -m benchmarks $(ARGS)

fuzz: $(STAMP) ## Break 2,000 files and see that each is answered; ARGS="--files 20000 --seed 1"
	@PYTHONPATH="$(CURDIR)" $(RUN) -m tests.fuzz $(ARGS)

faults: $(STAMP) ## Kill and disturb at every point, within an hour; writes out/faults
	@code=0; $(RUN) -m rehearsal.faults domain --out out/faults || code=$$?; \
	  $(RUN) -m rehearsal.faults stack --out out/faults || code=$$?; exit $$code

audit: $(STAMP) ## Ask advisory services about the locked packages
	@$(VENV)/bin/python .ci/audit.py $(ARGS)

handbook: $(STAMP) ## Take the pictures of the Vietnamese handbook anew (needs Chromium and LibreOffice)
	@$(PIP_INSTALL) --require-hashes -r requirements-handbook.lock
	@$(RUN) docs/images/take_pictures.py

clean: ## End the stack; remove .venv, .cache and out (the data in .local stay)
	@if [ -x $(VENV)/bin/python ]; then for state in .local/stack.json .local/*/stack.json; do \
	  if [ -e "$$state" ]; then $(RUN) -m local_stack down --directory "$$(dirname "$$state")" || exit 1; fi; done; fi
	@rm -rf $(VENV) .cache out .ruff_cache .mypy_cache .pytest_cache include/*.egg-info
