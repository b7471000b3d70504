# The two commands are `make demo` and `make test`; the others are for whoever works on the code.
PYTHON ?= python3
BIN := var/venv/bin
READY = exec $(PYTHON) -I service_desk/running/setup.py
.DEFAULT_GOAL := help
.PHONY: help demo test check bench translations lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: ## start a desk with a year of made-up history, and print its address and logins (TRYTON=1: with a real Tryton)
	@$(READY) demo $(BIN)/python -m service_desk.running demo

test: ## all tests, also in a browser
	@$(READY) test $(BIN)/python -m pytest -n 2 --dist loadgroup -q $(ARGS)

check: ## the house rules: style, types, floors, templates, migrations, words, links
	@$(READY) test $(BIN)/python -m service_desk.running check

bench: ## what every page costs, beside what we promise
	@$(READY) test $(BIN)/python -m tests.bench

translations: ## find new texts, merge them into the .po files, compile
	@$(READY) test $(BIN)/python -m service_desk.running translations

lock: ## renew the hash-locked lists from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --group peers -o requirements-peers.lock

clean: ## forget the demo and the environment (everything under var/)
	rm -rf var
