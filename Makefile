# The commands of development. `make` without a target lists them.
PYTHON ?= python3
PORT ?= 8000
AWS_PORT ?= 4566
TESTS ?= tests

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
SOURCES := local functions layers/auth cli docs/generator docs/examples harness bench tests
PRESENT = $(wildcard $(SOURCES))
FROM_SOURCES := PYTHONPATH=layers/auth:.

# Building the page requires Node.js. Everything else works without it.
NODE_STAMP := web/node_modules/installed
PAGE := $(if $(shell command -v npm),functions/pages/assets/app.html,no-node)
CLIENTS := $(if $(shell command -v npm),tests/clients/node_modules/.package-lock.json,)
PAGE_SOURCES := web/build.mjs $(wildcard web/src/* web/src/*/* clients/typescript/src/*)

SOCKET_ATTACKS := tests/realtime tests/simulation tests/faults/test_realtime_faults.py \
	tests/races/test_realtime_races.py tests/clients/test_centrifuge_python.py

# What only repeats is short in `make test` and long here.
LONG := LONG=yes SIMULATED_RUNS=100

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help dev reset test slow evidence check lint types format docs imports bench rooms no-node build web types-client lock clean python ports

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  PORT=8001 AWS_PORT=4567 make dev    use other ports"

dev: ports $(STAMP) $(PAGE)  ## Start the local stack: http://localhost:8000
	@$(BIN)/python -m local up --port $(PORT) --aws-port $(AWS_PORT)

reset: $(STAMP)  ## Delete the local stack's data
	@$(BIN)/python -m local reset

test: $(STAMP) $(PAGE) $(CLIENTS)  ## Run all tests, or some: TESTS=tests/unit
	$(BIN)/pytest -n 2 --dist loadgroup $(TESTS)

check: lint types test  ## Run lint, types and tests, as CI does on every change

slow: $(STAMP) $(PAGE) $(CLIENTS)  ## Run the slow checks: sam validate, the build for AWS, long simulations, all conditions, packages
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} $(BIN)/sam validate --lint
	$(MAKE) --no-print-directory build
	$(LONG) PACKAGES=all FORMER_SESSIONS=600 $(BIN)/pytest -n 2 --dist loadgroup tests/simulation \
		tests/mutation tests/packages tests/security/test_many_sessions.py

evidence: $(STAMP) $(PAGE) $(CLIENTS)  ## Run the attacks and the browser tests, and write the evidence pages of docs/
	$(LONG) EVIDENCE=docs/evidence.md $(BIN)/pytest -n 2 --dist loadgroup tests/security tests/faults \
		tests/races tests/mutation tests/clients $(addprefix --ignore=,$(SOCKET_ATTACKS))
	$(LONG) EVIDENCE=docs/evidence-realtime.md $(BIN)/pytest -n 2 --dist loadgroup $(SOCKET_ATTACKS)
	EVIDENCE=docs/evidence-page.md $(BIN)/pytest tests/browser

lint: $(STAMP)  ## Check style, spelling, imports, the template and the generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@git ls-files -z | xargs -0 $(BIN)/codespell
	$(FROM_SOURCES) $(BIN)/lint-imports
	$(BIN)/cfn-lint template.yaml
	$(FROM_SOURCES) $(BIN)/python -m docs.generator --check

types: $(STAMP)  ## Check types in strict mode
	$(BIN)/mypy $(PRESENT)

format: $(STAMP)  ## Format the sources
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)  ## Write the generated pages of docs/ anew
	$(FROM_SOURCES) $(BIN)/python -m tests.support.used_grants
	$(FROM_SOURCES) $(BIN)/python -m docs.generator
	$(FROM_SOURCES) $(BIN)/python -m bench.costs
	$(FROM_SOURCES) $(BIN)/python -m bench.abuse

imports: $(STAMP)  ## Record the modules that the functions import at start
	$(FROM_SOURCES) $(BIN)/python -m bench.imports

bench: $(STAMP)  ## Measure the functions against references, into docs/speed.md
	$(FROM_SOURCES) $(BIN)/python -m bench

rooms: $(STAMP)  ## Measure the cost of a message by room size, into docs/rooms.md
	$(FROM_SOURCES) $(BIN)/python -m bench.rooms

build: $(STAMP) $(PAGE)  ## Package for AWS, into .aws-sam
	PATH="$(CURDIR)/$(BIN):$$PATH" SAM_CLI_TELEMETRY=0 $(BIN)/sam build
	@python3.13 -c '' 2>/dev/null || printf '\n  %s\n  %s\n' \
		"WARNING: python3.13 was not found, so the layers contain no bytecode and every cold start" \
		"takes two to three times as long. Install Python 3.13 and build again before you deploy."

web: $(NODE_STAMP)  ## Build the page at /app and the API docs at /docs (requires Node.js 20)
	cd web && npm run --silent types && npm run --silent build

types-client: $(NODE_STAMP)  ## Regenerate the TypeScript client's types from docs/openapi.json
	cd web && npm run --silent client && npm run --silent types

lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock: RESOLVE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --upgrade
lock: ALIKE = --constraints requirements-dev.txt
lock: $(STAMP)  ## Update the pinned requirements, with hashes
	$(RESOLVE) requirements-dev.in -o requirements-dev.txt
	$(RESOLVE) $(ALIKE) layers/dependencies/requirements.in -o layers/dependencies/requirements.txt
	$(RESOLVE) $(ALIKE) bench/runtime.in -o bench/runtime.txt
	$(RESOLVE) $(ALIKE) bench/references/sample/requirements.in -o bench/references/sample/requirements.txt
	$(RESOLVE) .ci/node.in -o .ci/node.txt

clean:  ## Remove everything that can be rebuilt, but not the local data
	rm -rf $(VENV) build web/node_modules tests/clients/node_modules clients/typescript/dist functions/pages/assets .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

functions/pages/assets/app.html: $(NODE_STAMP) $(PAGE_SOURCES)
	@echo "  Building the page ..."
	@cd web && npm run --silent build >/dev/null

$(NODE_STAMP): web/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or later with npm is required" >&2; exit 1; }
	@echo "  Installing the page's build tools (once) ..."
	@cd web && npm ci --silent
	@touch $@

tests/clients/node_modules/.package-lock.json: tests/clients/package-lock.json
	@echo "  Installing the third-party clients for the tests (once) ..."
	@cd tests/clients && npm ci --silent
	@touch $@

no-node:
	@echo "  Node.js was not found: the page at /app is left out (make web builds it)."

# Runs before anything is installed, so that a port in use is reported at once.
ports: python
	@$(PYTHON) local/ports.py $(PORT) $(AWS_PORT)

python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 or later with venv is required: PYTHON=python3.12 make dev" >&2; exit 1; }

# pip installs uv first, from the same file and with its hashes. uv installs the rest in seconds.
$(STAMP): requirements-dev.txt | python
	@echo "  Installing the tools into $(VENV) (once, about half a minute) ..."
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/# via/p' requirements-dev.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@touch $@
