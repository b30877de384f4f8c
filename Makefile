# `make` lists what there is. The work is done by the small programs in scripts/.
.DEFAULT_GOAL := help
.PHONY: help up dev test lint bench agent test-wine openapi wheel clean
export PORT HOST DATA PYTHON ONLY

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## set everything up and serve on http://127.0.0.1:8480 (PORT, HOST, DATA)
	@scripts/python scripts/up.py

dev: ## the same with reload, console on http://localhost:3480
	@scripts/python scripts/up.py dev

test: ## all checks and tests of all parts, with a summary
	@scripts/python scripts/suites.py test

lint: ## the checks alone: types, style, import rules, stale contracts
	@scripts/python scripts/suites.py lint

test-wine: ## the Windows agent under Wine
	@scripts/python scripts/suites.py wine

bench: ## measure, and write docs/benchmarks.md (ONLY=check-ins for one)
	@scripts/python scripts/suites.py bench

agent: ## build the agent for linux-x64 and win-x64 into agent/dist
	@agent/build.sh

openapi: ## export contracts/openapi.json and generate the console's types
	@scripts/python scripts/suites.py openapi

wheel: ## the server with its console as one file, server/dist/deployflow-*.whl
	@scripts/python scripts/wheel.py

clean: ## remove what was built, but not .local/data
	@scripts/python scripts/suites.py clean
