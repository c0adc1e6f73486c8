# `make` lists what there is. Everything is kept inside this folder: .venv/, node_modules/, static/vendor/, var/.

PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
NPM := $(or $(shell command -v npm),$(BIN)/npm)
PYTEST := $(BIN)/python -m pytest -n 2 $(ARGS)
ON_SQLITE := DATABASE_URL=sqlite://:memory:
ON_POSTGRES := $(BIN)/python tests/postgres.py
APPS := crm workflows approvals blueprints territories sandbox
TRANSLATIONS := $(patsubst %.po,%.mo,$(wildcard $(APPS:%=%/locale/*/LC_MESSAGES/django.po)))
TEMPLATES := find templates -name '*.html' -print0 | xargs -0 -r $(BIN)/djade --target-version 5.2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test test-sqlite test-postgres test-long acceptance lint format bench screenshots lock

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.requirements node_modules/.requirements static/vendor/.files $(TRANSLATIONS) ## environment, packages, front-end files; can be run again at any time

run: setup ## start web server and worker with the demo company; PORT=8001 takes another port
	@$(MANAGE) serve

test: test-sqlite test-postgres ## all tests on SQLite, then on PostgreSQL where a server answers; ARGS="-k lead" chooses

test-sqlite: setup
	@echo "Tests on SQLite"
	@$(ON_SQLITE) $(PYTEST)

test-postgres: setup
	@$(ON_POSTGRES) $(PYTEST)

test-long: setup ## the property tests of the criteria with ten times the examples, on SQLite
	CRITERIA_EXAMPLES=200000 $(ON_SQLITE) $(PYTEST) tests/crm/criteria/test_agreement.py

acceptance: setup ## the tests on real data, in the folder ACCEPTANCE_DATA, on both databases
	@$(ON_SQLITE) $(PYTEST) tests/acceptance
	@$(ON_POSTGRES) $(PYTEST) tests/acceptance

lint: setup ## style, types, imports, migrations, security settings, lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy manage.py $(APPS)
	$(TEMPLATES) --check
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	PRODUCTION=1 ALLOWED_HOSTS=crm.example.org SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))') \
		$(MANAGE) check --deploy --fail-level WARNING
	! grep -nE 'https?:|"resolved"' requirements.txt requirements-dev.txt package-lock.json

format: setup ## format Python and templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(TEMPLATES)

bench: setup ## measure the speed budgets; prints a table and writes bench.json
	$(MANAGE) bench

screenshots: setup ## take the pictures of the user guide anew (needs Chromium)
	$(BIN)/python -m tests.screenshots

lock: setup ## write the lock files anew from pyproject.toml and package.json
	$(BIN)/uv pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes --no-header -q -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --python-version 3.11 --universal --generate-hashes --no-header -q -o requirements-dev.txt
	$(NPM) install --package-lock-only --ignore-scripts
	$(BIN)/python -c 'import json; p = "package-lock.json"; lock = json.load(open(p)); [x.pop("funding", None) for x in lock["packages"].values()]; open(p, "w").write(json.dumps(lock, indent=2) + "\n")'

.venv/.requirements: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; PYTHON=/path/to/python make … names another one")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.requirements: package.json package-lock.json .npmrc .venv/.requirements
	$(NPM) ci --ignore-scripts --silent
	@touch $@

static/vendor/.files: node_modules/.requirements crm/management/commands/vendor.py
	$(MANAGE) vendor
	@touch $@

%.mo: %.po .venv/.requirements
	$(BIN)/pybabel compile -i $< -o $@
