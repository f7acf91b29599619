# Two commands for a newcomer: `make demo` and `make test`. Each sets up everything it needs, on the first run
# and on every later one. What the targets do is in deploy/stack/targets.py.

PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3.12),$(shell command -v python3),python3)
STACK = .venv/bin/python -m deploy.stack

.PHONY: help demo test up check bench drill openapi fmt setup clean
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile

demo: setup  ## the whole product with a day of orders; DEMO_ORDERS=N, DEMO_EXIT=1 stops after the summary
	@exec $(STACK) demo $(ARGS)

test: setup  ## the whole test suite; ARGS="tests/payments -k refund" for a part of it
	@exec $(STACK) test $(ARGS)

up: setup  ## the stack without demo data, until Ctrl-C
	@exec $(STACK) up

check: setup  ## lint, types, import contracts, migrations, production settings, OpenAPI drift
	@exec $(STACK) check

bench: setup  ## measurements into bench/results.json
	@exec $(STACK) bench $(ARGS)

drill: setup  ## fault drills against a running stack
	@exec $(STACK) drill $(ARGS)

openapi: setup  ## write docs/openapi.json anew; ARGS=--accept-breaking with a new API version
	@exec $(STACK) openapi $(ARGS)

fmt: setup  ## format the code and mend what ruff can mend
	@.venv/bin/python -m ruff check --fix .
	@.venv/bin/python -m ruff format .

setup:
	@$(PYTHON) deploy/stack/venv.py

clean:  ## remove servers' data, logs and caches; the virtual environment stays
	@$(PYTHON) -m deploy.stack.clean
