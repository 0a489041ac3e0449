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
