# Needs Python 3.11 or newer, git and make. Installs everything else into .venv.
PYTHON ?= python3
BIN := .venv/bin
# Keep compiled modules: without them every process spends seconds on compiling.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check test-all prove mutants bench bundle server.json clean

demo: .venv/.demo  ## end-to-end walkthrough; no account, no network
	@$(BIN)/closient-mcp demo

test: .venv/.dev  ## the tests, three at a time because many wait; loopback only; OPTIONS=--cov measures branch coverage
	$(BIN)/pytest -q -n 3 --dist worksteal $(OPTIONS)

NODE_PACKAGES := tests/interop/clients/node_modules/.installed tests/interop/hosts/node_modules/.installed
test-all: .venv/.dev .venv-clients/.installed .venv-langchain/.installed $(NODE_PACKAGES)  ## with other clients, hosts, servers and a browser; needs Chromium
	$(BIN)/pytest -q -m all
	$(BIN)/python -m bench.newcomer

check: .venv/.dev  ## lint, formatting, types, workflows, and the documentation with its links
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/zensical build --strict

SEED ?= $(shell date +%s)
EXAMPLES ?= 1000
prove: .venv/.dev  ## long searches for what breaks, and 100,000 calls, 20 minutes; EXAMPLES=10000 for longer, SEED=N for others
	EXAMPLES=$(EXAMPLES) $(BIN)/pytest -v -n 2 --dist worksteal -m 'prove or fuzz' \
		--hypothesis-profile=prove --hypothesis-seed=$(SEED) $(OPTIONS)
	$(BIN)/python -m bench.soak

mutants: .venv/.mutmut  ## changes of the code that no test notices; OPTIONS="--sample 200 products"
	$(BIN)/python -m bench.mutants $(OPTIONS)

bench: .venv/.dev .venv-clients/.installed  ## docs/performance.md measured again, and more benchmarks: ratios paired in one run, and counts
	$(BIN)/python -m bench.performance
	$(BIN)/python -m bench.list_sizes
	$(BIN)/python -m bench.documents
	$(BIN)/python -m bench.finding
	$(BIN)/python -m bench.tasks
	$(BIN)/python -m bench.many_files
	$(BIN)/python -m bench.gs1
	$(BIN)/python -m bench.pacing
	$(BIN)/python -m bench.http_calls
	$(BIN)/python -m bench.races

bundle: .venv/.dev  ## the bundle for Claude Desktop, in dist
	@$(BIN)/python -m release.bundle

server.json: .venv/.dev  ## the entry for the MCP registry, in dist; NAMESPACE=io.github.NAME
	@$(BIN)/python -m release.server_json $(NAMESPACE)

clean:
	rm -rf .venv .venv-clients .venv-langchain tests/interop/*/node_modules build dist site .cache *.egg-info

.venv/bin/python:
	@echo 'Creating .venv'
	@$(PYTHON) -m venv .venv

# A dot for each package instead of pip's output, which is shown if it fails.
define install
@rm -f $@
@(PYTHONUNBUFFERED=1 $(BIN)/pip install --disable-pip-version-check --progress-bar off --editable '.[$(1)]' 2>&1 \
&& touch $@ .venv/.demo) | tee .venv/install.log | while read -r line; do case $$line in \
Collecting*|Processing*) printf .;; \
Installing\ collected*) printf '\nPutting them into place\n';; \
esac; done
@test -e $@ || { echo; cat .venv/install.log; exit 1; }
endef

.venv/.demo: .venv/bin/python pyproject.toml
	@echo 'Fetching its packages; only the first time, about a minute'
	$(call install,sandbox)

.venv/.dev: .venv/bin/python pyproject.toml
	@echo 'Fetching the packages for development; only the first time, about two minutes'
	$(call install,dev)
	@# Compile the tests once, instead of once for each of the processes that run them.
	@$(BIN)/pytest --collect-only -q >/dev/null

.venv/.mutmut: .venv/.dev
	@$(BIN)/pip install --quiet --disable-pip-version-check 'mutmut>=3.8,<4' && touch $@

# If these cannot be installed, the tests that need them are skipped and named. Node comes with the first.
.venv-clients/.installed: tests/interop/clients/requirements.txt
	@$(PYTHON) -m venv .venv-clients \
	&& .venv-clients/bin/pip install --quiet --disable-pip-version-check --requirement $< && touch $@ \
	|| echo 'fastmcp, nanoidp, schemathesis, zxing-cpp, Redis, nginx, Node and the agent frameworks could not be installed: their tests are skipped'

# It needs an older SDK of MCP than the others.
.venv-langchain/.installed: tests/interop/clients/requirements-langchain.txt
	@$(PYTHON) -m venv .venv-langchain \
	&& .venv-langchain/bin/pip install --quiet --disable-pip-version-check --requirement $< && touch $@ \
	|| echo 'langchain-mcp-adapters could not be installed: its test is skipped'

NPM_OPTIONS := --ignore-scripts --no-audit --no-fund
tests/interop/clients/node_modules/.installed: tests/interop/clients/package-lock.json .venv-clients/.installed
	@export PATH="$(CURDIR)/.venv-clients/bin:$$PATH"; \
	command -v npm >/dev/null && npm ci --prefix tests/interop/clients $(NPM_OPTIONS) && touch $@ \
	|| echo 'the packages for Node could not be installed: their tests are skipped'

# Without a lock file, which would ask for the programs of every platform; they are 1.5 GB on each. Two of the hosts put
# theirs in place by a script.
tests/interop/hosts/node_modules/.installed: tests/interop/hosts/package.json .venv-clients/.installed
	@export PATH="$(CURDIR)/.venv-clients/bin:$$PATH"; \
	command -v npm >/dev/null && npm install --prefix tests/interop/hosts --no-package-lock $(NPM_OPTIONS) \
	&& npm rebuild --prefix tests/interop/hosts @anthropic-ai/claude-code opencode-ai && touch $@ \
	|| echo 'the hosts could not be installed: their tests are skipped'
