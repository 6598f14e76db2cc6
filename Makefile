# Needs Python 3.11 or newer, git and make; installs what it needs into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check test-all bench clean

demo: .venv/.demo  ## the main job end to end, no account, no network
	@$(BIN)/closient-mcp demo

test: .venv/.dev  ## the tests; no network but loopback
	$(BIN)/pytest -q

check: .venv/.dev  ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

bench: .venv/.dev  ## figures, each a ratio paired in one run
	$(BIN)/python -m bench.start

clean:
	rm -rf .venv node_modules build dist *.egg-info

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.demo: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[sandbox]'
	@touch $@

.venv/.dev: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/.demo
