# Each target does its whole set-up: a machine with Python, pip and venv is enough.

PYTHON ?= python3
BIN := .venv/bin
export PYTHONPATH := $(CURDIR)
TESTS ?= tests

.PHONY: help run check test lint soak bench clean

help:        ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

run: .venv/ready        ## serve the shipped site at http://localhost:8080/
	$(BIN)/twistd -n --pidfile= occwserv

check: lint test        ## what decides whether a change is good: lint, types, tests

test: .venv/ready        ## the tests; TESTS=tests.test_config for some of them
	$(BIN)/trial $(TESTS)

lint: .venv/ready        ## style and types
	$(BIN)/ruff check occwserv ogi adventure tests benchmarks twisted setup.py
	$(BIN)/ruff format --check occwserv ogi adventure tests benchmarks twisted setup.py
	$(BIN)/mypy

soak: .venv/ready        ## the long ones: clients for a minute, processes, programs, modules that fail, a world rebuilt
	$(BIN)/python -m tests.soak
	$(BIN)/python -m tests.soak_csp
	$(BIN)/python -m tests.soak_cgi
	$(BIN)/python -m tests.soak_ogi
	$(BIN)/python -m tests.soak_adventure
	$(BIN)/python -m tests.soak_irc
	$(BIN)/python -m tests.soak_adventure reload

bench: .venv/ready        ## beside nginx and others: docs/performance.md; BENCH="--only page --rounds 1" for less
	$(BIN)/python -m benchmarks $(BENCH)

clean:        ## forget the virtual environment and what was built
	rm -rf .venv build dist *.egg-info _trial_temp* .mypy_cache .ruff_cache .hypothesis

# The code is found by PYTHONPATH, not by the install: twistd looks for its plug-ins in folders, which an editable
# install does not show it.
.venv/ready: setup.py pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,check]'
	touch $@
