# Everything one does with this project, one word each. `make` alone lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first interpreter that is new enough; `make PYTHON=... setup` chooses another.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
VENV := .venv
BIN := $(VENV)/bin
# What the environment was built from: another lock, project file or folder means building again.
STAMP := $(VENV)/.built-from
BUILT_FROM := $(CURDIR) $(shell cat requirements.lock pyproject.toml | cksum)

.PHONY: help
help: ## list these targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' \
		| while IFS='|' read -r target words; do printf '  make %-10s %s\n' "$$target" "$$words"; done

.PHONY: setup
setup: ## build .venv from the lock, with the kuguan command in it
	@if [ "$$(cat $(STAMP) 2>/dev/null)" != "$(BUILT_FROM)" ]; then $(MAKE) --no-print-directory environment; fi

.PHONY: environment
environment:
	@if [ -z "$(PYTHON)" ]; then echo "Kuguan needs Python 3.11 or newer (with venv), and found none." >&2; exit 1; fi
	@case "$$(cat $(STAMP) 2>/dev/null)" in \
		"$(CURDIR) "*) $(BIN)/python -c '' || $(PYTHON) -m venv --clear $(VENV) ;; \
		*) $(PYTHON) -m venv --clear $(VENV) ;; esac
	@rm -f $(STAMP)
	@echo "Installing the locked packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check --disable-pip-version-check
	@echo "$(BUILT_FROM)" > $(STAMP)
	@echo "$(VENV) is ready: $$($(BIN)/python --version)"

.PHONY: run
run: setup ## start everything with a demo company, and the chat page on http://127.0.0.1:8088
	@$(BIN)/kuguan up --demo

.PHONY: test
# In the order of the folders: sorted by how many tests they have, the longest files would come last.
test: setup browser ## run all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

# The chat page's tests drive the system's own Chromium; without the font, Chinese text is drawn as boxes.
.PHONY: browser
browser:
	@missing=""; \
	command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
		|| command -v google-chrome >/dev/null 2>&1 || missing="chromium"; \
	fc-list :lang=zh 2>/dev/null | grep -q . || missing="$$missing fonts-noto-cjk"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		echo "Installing for the browser tests: $$missing"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing \
			fontconfig >/dev/null && exit 0; \
	fi; \
	echo "##" >&2; \
	echo "## MISSING: $$missing. The browser tests need it and will be skipped." >&2; \
	echo "## Install it with the system's package manager, for example: sudo apt-get install $$missing" >&2; \
	echo "##" >&2

.PHONY: check
check: setup ## style, types, import directions, contract, generated code: all that CI checks before the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python protos/generate.py --check
	$(BIN)/python protos/generate.py --third-party
	cd protos && $(CURDIR)/$(BIN)/buf lint

.PHONY: format
format: setup ## write the code in the project's style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: protos
protos: setup ## generate the Python code of the contract again
	@$(BIN)/python protos/generate.py

.PHONY: coverage
coverage: setup browser ## run all tests and show which lines none of them reached
	@$(BIN)/python -m pytest --cov --cov-report=term

.PHONY: bench
bench: setup ## measure speed on this machine, on both databases, beside the goals (about 13 minutes)
	@$(BIN)/python -m tests.load.bench

.PHONY: campaign
campaign: setup ## kill, race, flood and cut the power of the whole system (about 10 minutes; LONG=1: hours; SEED=n)
	@$(BIN)/python -m tests.load.campaign $(if $(LONG),--long) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

.PHONY: planted
planted: setup ## plant known bugs into a copy and show that a named test catches each (about 5 minutes)
	@$(BIN)/python -m tests.planted

.PHONY: lock
lock: ## resolve the packages again into requirements.lock (needs uv)
	@uv pip compile pyproject.toml --quiet --group development --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--output-file requirements.lock
