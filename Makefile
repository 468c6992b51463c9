# The commands of the house. On a fresh machine with Python >= 3.11 and make, `make demo` and
# `make test` do all the set-up themselves: the virtual environment, and everything in it from
# requirements.lock. PYTHON chooses the interpreter: `make test PYTHON=python3.12`.

PYTHON ?= python3
WORKERS ?= 2
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-from-lock
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install demo demo-hub test thorough check lint types imports spelling fix fuzz bench bench-collect soak lock clean

help: ## Say what each command does.
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' $(MAKEFILE_LIST) | expand -t 20

# Reinstalled only when the pins or the project's own description change.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	    echo "hinomi needs Python 3.11 or newer: $(PYTHON) is not installed." >&2; \
	    echo "Install it, or name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "hinomi needs Python 3.11 or newer: $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	    echo "Name a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	    echo "Making $(VENV) with $$($(PYTHON) --version)"; \
	    rm -rf $(VENV); \
	    $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	        rm -rf $(VENV); \
	        $(PYTHON) -m venv --without-pip $(VENV) \
	            && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } \
	    || { rm -rf $(VENV); \
	        echo "$(PYTHON) cannot make a virtual environment with pip in it." >&2; \
	        echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; }
	@echo "Installing what requirements.lock pins (some minutes the first time)"
	@$(PIP) install --quiet --require-hashes --requirement requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import lightgbm' 2>/dev/null || { \
	    echo "LightGBM needs OpenMP's run-time library, libgomp.so.1." >&2; \
	    echo "On Debian and Ubuntu: apt install libgomp1" >&2; exit 1; }
	@touch $@

install: $(STAMP) ## Make .venv and install what requirements.lock pins.

demo: $(STAMP) ## Run the whole way on a small made-up world and print the candidates.
	$(BIN)/hinomi demo

demo-hub: $(STAMP) ## Let a hub and two providers exchange a first list on this machine.
	rm -rf build/demo-hub && mkdir -p build
	$(BIN)/python tests/tutorials.py docs/tutorial/first-exchange.md build/demo-hub

# worksteal: each worker begins with tests that lie together, so that what the tests of a module
# share is mostly made once, not once a worker. What Python compiles is kept below build/, also
# where it is told to keep nothing: workers, and all that tests start, would compile it anew.
test: $(STAMP) ## Run every test.
	PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/build/pycache $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal --verbosity 0 -rs $(PYTEST_ARGS)

thorough: $(STAMP) ## Run every test with more examples and kills than `make test` has time for.
	HINOMI_THOROUGH=1 $(MAKE) test

# What CI runs: cheap checks first; the docs and the tree are checked by tests/shape.
check: lint types imports spelling test ## Lint, types, import layers, spelling, docs, tests.

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

spelling: $(STAMP)
	git ls-files -z | grep -zvE '(\.lock|\.svg)$$' | xargs -0 $(BIN)/codespell

fix: $(STAMP) ## Mend what ruff and codespell can mend; write generated references anew.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files -z | grep -zvE '(\.lock|\.svg)$$' | xargs -0 $(BIN)/codespell --write-changes
	mkdir -p build && $(BIN)/python -m hinomi.cli.reference > build/cli.md
	mv build/cli.md docs/reference/cli.md
	$(BIN)/python -m hinomi.cli.counters > build/counters.md
	mv build/counters.md docs/reference/collector-counters.md
	$(BIN)/python -m hinomi.cli.modelcard > build/model-card.md
	mv build/model-card.md docs/reference/model-card.md
	$(BIN)/python -m hinomi.cli.casesreference > build/cases.md
	mv build/cases.md docs/reference/cases.md
	$(BIN)/python -m hinomi.web.hub.reference > build/hub-openapi.json
	mv build/hub-openapi.json docs/reference/hub-openapi.json

bench: $(STAMP) ## Measure import and detection on this machine.
	$(BIN)/python benchmarks/run.py

bench-collect: $(STAMP) ## Measure the collector on this machine, beside nfdump's if it is there.
	$(BIN)/python benchmarks/collect.py $(ARGS)

soak: $(STAMP) ## Run a collector under churn for MINUTES (30); account for every record.
	$(BIN)/python benchmarks/soak.py --minutes $(or $(MINUTES),30) --rate $(or $(RATE),200000) $(ARGS)

# PYTHONPATH: the damage and its corpus are those of the tests. ARGS=--atheris if it is installed.
fuzz: $(STAMP) ## Damage datagrams for SECONDS (600) and look whether the decoder minds.
	SECONDS=$(or $(SECONDS),600) PYTHONPATH=tests $(BIN)/python benchmarks/fuzz.py $(ARGS)

# In an environment of its own, so that nothing installed by hand finds its way into the pins.
lock: ## Pin every dependency anew from pyproject.toml.
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet pip-tools
	build/lock/bin/pip-compile --quiet --upgrade --extra dev --extra bench --build-deps-for editable \
	    --generate-hashes --strip-extras --no-header --no-emit-index-url \
	    --no-emit-find-links --no-emit-trusted-host --output-file build/pins pyproject.toml
	sed -n '/^#/p;/^[^#]/q' requirements.lock > build/head
	cat build/head build/pins > requirements.lock
	rm -rf build/lock build/pins build/head

clean: ## Remove the environment and everything made by the commands above.
	rm -rf $(VENV) build dist demo hinomi-demo hinomi-home *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
