# Needs Python 3.11 or newer, git and make; installs what it needs into .venv.
PYTHON ?= python3
BIN := .venv/bin
# Compiled once and kept: compiling the tests and us takes every process seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check test-all prove bench clean

demo: .venv/.demo  ## the main job end to end, no account, no network
	@$(BIN)/closient-mcp demo

test: .venv/.dev  ## the tests, three at a time since many wait; no network but loopback; OPTIONS=--cov measures branches
	$(BIN)/pytest -q -n 3 --dist worksteal $(OPTIONS)

test-all: .venv/.dev .venv-clients/.installed tests/interop/clients/node_modules/.installed  ## with others' clients, servers and a browser; needs Node, Chromium
	$(BIN)/pytest -q -m all

check: .venv/.dev  ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

prove: .venv/.dev  ## the long search for documents that break the reading of them
	$(BIN)/pytest -q -m prove

bench: .venv/.dev .venv-clients/.installed  ## figures, each a ratio paired in one run; and what races and interruptions cost, as counts
	$(BIN)/python -m bench.start
	$(BIN)/python -m bench.systems
	$(BIN)/python -m bench.documents
	$(BIN)/python -m bench.races

clean:
	rm -rf .venv .venv-clients tests/interop/clients/node_modules build dist *.egg-info

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.demo: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[sandbox]'
	@touch $@

.venv/.dev: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/.demo

# What cannot be had leaves its tests to be skipped by name.
.venv-clients/.installed: tests/interop/clients/requirements.txt
	@$(PYTHON) -m venv .venv-clients \
	&& .venv-clients/bin/pip install --quiet --disable-pip-version-check --requirement $< && touch $@ \
	|| echo 'fastmcp and nanoidp could not be installed: their tests are skipped'

tests/interop/clients/node_modules/.installed: tests/interop/clients/package-lock.json
	@command -v npm >/dev/null && npm ci --prefix tests/interop/clients --ignore-scripts --no-audit --no-fund && touch $@ \
	|| echo 'the TypeScript SDK, oidc-provider and playwright-core could not be installed: their tests are skipped'
