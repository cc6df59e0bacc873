# `make run` and `make test` do all their own set-up; see README.md. Second runs skip what is done:
# the environment is keyed by a checksum of what it is made from, weights by their folders.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run check test install uninstall screenshots quality icons lock clean \
    system-run system-test env weights

VENV := .venv
PY := $(VENV)/bin/python
DATA := $(if $(CROSSTALK_MODELS_DIR),$(CROSSTALK_MODELS_DIR),models/weights)
PREFIX ?= $(HOME)/.local
SET ?=
TESTS ?= tests
ARGS ?=
DEPS := $(shell { sed '/^\[tool\./,$$d' pyproject.toml; cat constraints.txt; } | cksum | tr ' ' '-')
ENV_STAMP := $(VENV)/.installed-$(DEPS)

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: system-run env weights  ## Install system libraries, environment and default weights

run: setup  ## Open the window; without a display or with DEMO=1 play the sample meeting headless
	@if [ -n "$(DEMO)" ] || { [ "$$(uname -s)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; }; \
	then exec $(PY) -m app --demo --headless; else exec $(PY) -m app; fi

check: system-run system-test env  ## Format, lint, types, layers, house rules
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	$(PY) -m tests.house.mirror
	$(PY) -m tests.house.rules
	$(PY) -m pytest -q tests/integration/test_light_imports.py

test: system-run system-test env weights  ## Run all tests (TESTS=tests/unit ARGS=-x to narrow)
	$(PY) -m pytest -q -n logical --maxprocesses=4 --dist loadscope $(TESTS) $(ARGS)

quality: setup  ## Measure accuracy on real meetings (SET=name or folder)
	$(PY) -m tests.quality $(SET)

screenshots: system-run system-test env  ## Render every view, both themes, three sizes (ARGS="--only live")
	$(PY) -m tests.ui.screenshots $(or $(ARGS),--all)

install: setup  ## Put Crosstalk in your menu (PREFIX=~/.local)
	@packaging/install-desktop.sh install "$(PREFIX)" "$(CURDIR)/$(VENV)"

uninstall:  ## Take it out of your menu again; recordings stay
	@packaging/install-desktop.sh uninstall "$(PREFIX)"

icons: env  ## Render the icon set from resources/icons/crosstalk.svg
	$(PY) packaging/render_icons.py

lock: env  ## Write the installed versions to constraints.txt
	packaging/write-constraints.sh $(VENV)

clean:  ## Remove the environment and caches; weights and recordings stay
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

system-run:
	@packaging/install-system-deps.sh run

system-test:
	@packaging/install-system-deps.sh test

env: $(ENV_STAMP)

$(ENV_STAMP): | system-run
	@packaging/install-env.sh $(VENV)
	@rm -f $(VENV)/.installed-* && touch $@

# A model's folder appears in one step, verified, so its presence is enough here.
weights: env
	@for id in $$(awk -F'"' '/^id = /{id=$$2} /^is_default = true/{print id}' models/manifest.toml); do \
	    [ -d "$(DATA)/$$id" ] || exec $(PY) -m app models fetch default; \
	done
