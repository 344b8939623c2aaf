# Everything a newcomer, a developer and CI need. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.8
N ?= 100000
SEED ?= 1
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types imports unit bench bench-quick chaos erp-e2e erp-chaos erp-shop renormalise fuzz mutation lock format record clean

help: ## List every command
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  After set-up: %s/milepost --help\n' "$(BIN)"

setup: $(READY) ## Make the virtual environment from the lock (all other commands do this themselves)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Milepost needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## Run the main job on embedded defaults and show the result (under a minute)
	@$(BIN)/milepost demo

test: check unit ## Lint, types, import contracts and every test: what CI runs

check: lint types imports ## Lint, types and import contracts only

lint: $(READY)
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

types: $(READY)
	@$(BIN)/mypy

imports: $(READY)
	@$(BIN)/lint-imports --no-cache | tail -n 14; exit $${PIPESTATUS[0]}

unit: $(READY) ## Every test, without lint and types
	@$(BIN)/pytest -n $(JOBS) --dist loadfile -q

bench: $(READY) ## Measure speed and cost with correctness checks; BENCH_JSON=file writes the figures
	@$(BIN)/python -m bench.run

chaos: $(READY) ## Kill worker, gateway and server at random under load; SEED=n SHIPMENTS=n
	@$(BIN)/python -m bench.chaos --seed $(SEED) --shipments $(or $(SHIPMENTS),300)

erp-e2e: $(READY) ## Two-way sync with a real Tryton, from order to delivery, with its latency; SHIPMENTS=24
	@$(BIN)/python -m bench.erp.e2e --shipments $(or $(SHIPMENTS),24) --seed $(SEED)

erp-chaos: $(READY) ## The same with Tryton away for half of it, workers killed, webhooks doubled and shuffled
	@$(BIN)/python -m bench.erp.e2e --rough --shipments $(or $(SHIPMENTS),24) --seed $(SEED) --pause 0.4

erp-shop: $(READY) ## A Tryton with a small shop, to try a connection with (docs/connecting-an-erp.md)
	@$(BIN)/python -m bench.erp.trial serve

renormalise: $(READY) ## Put one row of a mapping right and let SHIPMENTS=1000 stored shipments follow
	@$(BIN)/python -m bench.renormalise $(or $(SHIPMENTS),1000)

fuzz: $(READY) ## Feed N mutated payloads to every dialect; N=100000 SEED=n
	@$(BIN)/python -m bench.fuzz $(N) $(SEED)

mutation: $(READY) ## Delete and swap every mapping row; a check must notice each; CARRIER=id for one
	@$(BIN)/python -m bench.mutation $(CARRIER)

record: $(READY) ## Record fresh workflow histories for the replay tests
	@$(BIN)/python -m tests.replay.record

format: $(READY) ## Fix what can be fixed by machine
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

lock: $(READY) ## Resolve the lock anew from pyproject.toml
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --group dev pyproject.toml -o requirements.lock

clean: ## Remove the environment, caches and local state
	@rm -rf $(VENV) .milepost .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
