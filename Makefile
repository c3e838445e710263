# The verbs of the project. Each sets up what it needs first; a second run starts at once, offline.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
ARGS ?=
WORKERS ?= 2
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup setup-test serve demo check lint types test sim bench soak fuzz lock proto vendor docs screenshots wheel clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## prepare .venv
	@scripts/setup.sh

setup-test: ## prepare .venv with everything that tests need (Chromium, fonts, real TAK clients)
	@scripts/setup.sh --test

demo: setup ## US Forces Japan as an exercise, with recorded real traffic; ARGS="--demo-speed 10"
	@$(BIN)/jointhq demo $(ARGS)

serve: setup ## an empty headquarters; ARGS="--data DIR --port-offset N"
	@$(BIN)/jointhq serve $(ARGS)

check: lint types test ## what CI runs: format, lint, types, tests

lint: setup-test ## format and lint
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/python scripts/vendor.py --check

types: setup-test ## Python by mypy, the page by tsc
	@$(BIN)/mypy
	@node_modules/.bin/tsc --project tsconfig.json

test: setup-test ## every test, real browser and real clients included; WORKERS=0 ARGS="-s tests/web" in one process
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

sim: setup-test ## the seeded simulator alone; SEED=7 repeats one run
	@JOINTHQ_SIM_SEED=$(SEED) $(BIN)/pytest tests/sim $(ARGS)

bench: setup-test ## every figure of the README, side by side with the ceiling and taky; writes bench/RESULTS.md
	@$(BIN)/python bench/run.py $(ARGS)

soak: setup-test ## simulators, canaries and kills for long: SEEDS=200 of each
	@JOINTHQ_SIM_SEEDS=$(or $(SEEDS),200) $(BIN)/pytest tests/sim tests/canary tests/journal $(ARGS)

fuzz: setup-test ## property tests with new examples, 20,000 each; the scanner of XML under sanitizers for a minute
	@$(BIN)/python scripts/fuzz_scan.py
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest tests/cot tests/picture tests/feeds $(ARGS)

lock: setup ## pin packages with hashes: requirements/*.in -> *.txt
	@$(BIN)/python -m piptools --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet -r requirements/dev.txt
	@scripts/lock.sh $(ARGS)

proto: ## generate cot/takproto_pb2.py from cot/takproto.proto
	@$(BIN)/python -m pip install --quiet -r requirements/dev.txt
	@cd src/jointhq/cot && python -m grpc_tools.protoc -I. --python_out=. --mypy_out=. takproto.proto

vendor: setup ## refresh the page's libraries from npm, and their checksums
	@$(BIN)/python scripts/vendor.py

docs: setup ## write docs/settings.md from the settings
	@$(BIN)/python scripts/docs.py

screenshots: setup-test ## take every place of the demo's page into docs/screens
	@$(BIN)/python scripts/screenshots.py

wheel: setup ## build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove what set-up and tests made; data/ stays
	@rm -rf .venv node_modules tests/clients/node/node_modules build dist .cache .mypy_cache .ruff_cache .pytest_cache
