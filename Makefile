# Everything a developer or the CI calls; needs only Python 3.11 or newer, and make.
PYTHON ?= python3
WORKERS ?= 3
ARGS ?=
PRODUCTS ?= 10000
ORDERS ?= 20000
ROUNDS ?= 3
SECONDS ?= 5
ONLY ?=
RATE ?=
COMPARE ?=
WRITE_DOCS ?=
BASE ?= HEAD
JSON ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

bin := .venv/bin
installed := .venv/installed
# Checks that import the project connect to nothing, so these addresses need not exist.
offline := DATABASE_URL=postgres://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
	DJANGO_SETTINGS_MODULE=config.settings.test
production := DATABASE_URL=postgres://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
	DJANGO_SETTINGS_MODULE=config.settings.production ALLOWED_HOSTS=shop.example \
	SECRET_KEY=check-only-4mN8xQ2vR7tY1wZ5bC9dF3gH6jK0lP8sA2eU4iO7 \
	JWT_SIGNING_KEY=check-only-9zX3cV7bN1mQ5wE8rT2yU6iO0pA4sD8fG3hJ7kL1
# What measures asks servers of its own; these addresses only have to be there.
benchmark := DATABASE_URL=postgres://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
	DJANGO_SETTINGS_MODULE=config.settings.test $(bin)/python -m
compile := $(bin)/python -m piptools compile --quiet --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --strip-extras --no-annotate --no-header --allow-unsafe

.PHONY: help
help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: $(installed) ## Run the shop here, with PostgreSQL and Valkey where none are given (PORT=8000)
	@exec $(bin)/python -m config.supervisor

.PHONY: test
test: $(installed) ## Test everything that is not slow (ARGS="tests/orders -x")
	@$(bin)/python -m pytest -n $(WORKERS) $(ARGS)

.PHONY: proof
proof: $(installed) ## Run the heavy proofs, those marked slow (BUDGET=seconds to begin none after that)
	@$(bin)/python -m pytest -m slow --timeout=1200 $(if $(BUDGET),-p tests.budget --budget=$(BUDGET)) $(ARGS)

.PHONY: previous-release
previous-release: $(installed) ## Run the release before this one's tests on this one's schema (ALL=1 BUDGET=seconds)
	@$(bin)/python -m tests.previous_release --workers $(WORKERS) $(if $(ALL),--all) $(if $(BUDGET),--budget $(BUDGET)) $(ARGS)

.PHONY: bench
bench: $(installed) ## Measure the shop (PRODUCTS=1000000 ORDERS=1000000 ROUNDS=3 SECONDS=5 ONLY=LIST,DETAIL JSON=figures.json)
	@$(benchmark) tests.benchmarks.shop --products $(PRODUCTS) --orders $(ORDERS) --rounds $(ROUNDS) \
		--seconds $(SECONDS) --only "$(ONLY)" $(if $(RATE),--rate $(RATE)) $(if $(JSON),--json $(JSON)) \
		$(if $(COMPARE),--compare $(COMPARE)) $(if $(WRITE_DOCS),--write-docs)

.PHONY: bench-compare
bench-compare: $(installed) ## Measure the shop in turns with that of another commit (BASE=HEAD~1 ONLY=LIST)
	@$(benchmark) tests.benchmarks.comparing $(BASE) --products $(PRODUCTS) --orders $(ORDERS) --rounds $(ROUNDS) \
		--seconds $(SECONDS) --only "$(ONLY)"

.PHONY: bench-imports
bench-imports: PRODUCTS := 50000
bench-imports: $(installed) ## Measure imports against plain SQL (PRODUCTS=1000000 ROUNDS=1 JSON=figures.json)
	@$(benchmark) tests.benchmarks.imports --products $(PRODUCTS) --rounds $(ROUNDS) $(if $(JSON),--json $(JSON))

.PHONY: lint
lint: ruff types imports migrations openapi-check ## Check style, types, import contracts, migrations and the OpenAPI page

.PHONY: ruff
ruff: $(installed)
	@$(bin)/python -m ruff check .
	@$(bin)/python -m ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }

.PHONY: format
format: $(installed) ## Sort imports and format
	@$(bin)/python -m ruff check --fix --quiet . ; $(bin)/python -m ruff format .

.PHONY: types
types: $(installed)
	@$(offline) $(bin)/python -m mypy

.PHONY: imports
imports: $(installed)
	@$(bin)/lint-imports

.PHONY: migrations
migrations: $(installed)
	@$(offline) $(bin)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(offline) $(bin)/python manage.py check_migrations

.PHONY: openapi
openapi: $(installed) ## Write docs/openapi.yaml anew
	@$(offline) $(bin)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

.PHONY: settings-table
settings-table: $(installed) ## Write docs/configuration.md anew, from the settings
	@$(bin)/python -m config.settings_table

.PHONY: openapi-check
openapi-check: $(installed)
	@now=$$(mktemp) && trap 'rm -f "$$now"' EXIT && \
	$(offline) $(bin)/python manage.py spectacular --validate --fail-on-warn --file "$$now" && \
	diff -u docs/openapi.yaml "$$now" || { echo "The API is not what docs/openapi.yaml says; run 'make openapi'."; exit 1; }

.PHONY: deploy-check
deploy-check: $(installed) ## Check the production settings
	@$(production) $(bin)/python manage.py check --deploy --fail-level WARNING

.PHONY: audit
audit: $(installed) ## Ask whether a pinned requirement has a known vulnerability (AUDIT_REQUIRED=1 to fail unanswered)
	@$(bin)/python .ci/audit.py $(ARGS)

.PHONY: requirements
requirements: $(installed) ## Pin the versions anew from the requirements*.in
	@$(compile) --output-file requirements.txt requirements.in
	@$(compile) --output-file requirements-telemetry.txt requirements-telemetry.in
	@$(compile) --output-file requirements-dev.txt requirements-dev.in

.PHONY: clean
clean: ## Remove what can be made again; the shop's data in .data/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	@find . -name __pycache__ -not -path './.data/*' -prune -exec rm -rf {} +

$(installed): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(bin)/python || $(PYTHON) -m venv .venv
	@echo "Installing the requirements into .venv …"
	@$(bin)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@
