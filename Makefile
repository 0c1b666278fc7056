# Everthread. `make help` lists what there is; every target needs only Python 3.11 or newer and make.

NO_PYTHON = "Everthread needs Python 3.11, 3.12, 3.13 or 3.14 on the path: install one, or name it with PYTHON=/path/to/python3."
VERSION_TEST = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))
FIND_PYTHON = for p in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(VERSION_TEST)' >/dev/null 2>&1 && { found=$$p; break; }; done; \
	[ -n "$$found" ] || { echo $(NO_PYTHON) >&2; exit 1; }

.PHONY: help run test lint admin bench chaos secrets packages frontend static slim clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

run: ## Install what is missing and start the server (PORT=8000 by default)
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py run

test: ## Everything that must pass: front end, lint, types, tests
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py test $(ARGS)

lint: ## Style, types, import rules, templates and deployment checks
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py lint

admin: ## Make a user administrator: make admin EMAIL=you@example.org
	@[ -n "$(EMAIL)" ] || { echo "Say who: make admin EMAIL=you@example.org" >&2; exit 1; }
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py manage promote "$(EMAIL)"

bench: ## Measure added latency and cost per token
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py bench $(ARGS)

secrets: ## Make what docker-compose.yml keeps secret, once, in deploy/secrets
	@$(FIND_PYTHON); exec "$$found" scripts/deployment_secrets.py

packages: ## Install the Python packages (a step of the Dockerfile)
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py packages

frontend: ## Build the front end (a step of the Dockerfile)
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py frontend

static: ## Collect the static files into DATA_DIR/static (a step of the Dockerfile)
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py static

slim: ## Remove what only an image can do without (a step of the Dockerfile)
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py slim

chaos: ## Break things on purpose and see that nothing is lost (half an hour)
	@$(FIND_PYTHON); exec "$$found" scripts/bootstrap.py chaos $(ARGS)

clean: ## Remove everything installed and built; your data in var/ stays
	rm -rf .venv node_modules static/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
