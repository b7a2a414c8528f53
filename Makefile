# Every target does its own set-up into .venv, from nothing but python3 (3.11 or 3.12) and pip.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet install --no-deps

.PHONY: help setup parquet dask demo up bench-load bench-latency bench-overhead bench-copies bench-enrich bench-feeds bench-reading bench-reading-side test test-hard check format bench lock clean

help:            ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: .venv/.run  ## Install Wiredesk and what it needs into .venv

# The locks name every requirement with its version and hash, so --no-deps leaves nothing out.
.venv/.run: deployments/requirements.lock pyproject.toml
	@echo "Setting up .venv (a few minutes the first time)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r deployments/requirements.lock
	@$(PIP) --no-build-isolation -e .
	@mkdir -p var/prefect
	@PREFECT_HOME=$(CURDIR)/var/prefect DO_NOT_TRACK=1 $(BIN)/prefect --no-prompt server database upgrade -y >/dev/null
	@touch $@

.venv/.dev: .venv/.run deployments/requirements-dev.lock
	@$(PIP) --require-hashes -r deployments/requirements-dev.lock
	@touch $@

# Its lines of the lock, and no other: a line that ends in \ goes on.
parquet: .venv/.run  ## Install pyarrow, which `wiredesk export --format parquet` wants
	@sed -n '/^pyarrow==/,/[^\]$$/p' deployments/requirements-dev.lock | $(PIP) --require-hashes -r /dev/stdin

dask: .venv/.run  ## Install prefect-dask, which WIREDESK_TASK_RUNNER=dask wants, here and where Dask's workers run
	@$(PIP) --require-hashes -r deployments/requirements-dask.lock

demo: .venv/.run  ## Take the sample documents all the way into a database and show what was found
	@$(BIN)/wiredesk demo

up: .venv/.run  ## Run the whole desk with Prefect's server and UI, until Ctrl-C
	@exec $(BIN)/wiredesk up

# One more process than cores: half of their time these tests wait for processes of their own. The hard ones do not.
TESTERS = $(shell $(BIN)/python -c "import os; print(len(os.sched_getaffinity(0)) + 1)")

test: .venv/.dev  ## Run the tests (under 10 minutes)
	@$(BIN)/python -m pytest -m "not hard" -n $(TESTERS) --dist loadfile --no-loadscope-reorder

test-hard: .venv/.dev  ## Run the slow and violent tests: crashes, load, bad input
	@$(BIN)/python -m pytest -m hard -n auto --dist loadfile --no-loadscope-reorder

check: .venv/.dev  ## Format, lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pip --disable-pip-version-check check

format: .venv/.dev  ## Put the code into the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/.dev  ## Documents end to end over bare trafilatura, SET=FOLDER names real pages; then the benchmarks of each part
	$(BIN)/python tests/bench/whole.py $(SET) $(if $(SET),,--least 0 --ratio 0)
	@$(MAKE) --no-print-directory SET= bench-copies bench-enrich bench-feeds
	@$(MAKE) --no-print-directory bench-reading

bench-load: .venv/.dev  ## A day of a busy desk, 20,000 articles (ARTICLES=N), on SQLite and then on PostgreSQL with two desks
	$(BIN)/python tests/bench/busy_day.py --articles $(ARTICLES) --out var/busy-day/sqlite
	$(BIN)/python tests/bench/busy_day.py --articles $(ARTICLES) --out var/busy-day/postgresql --postgresql
ARTICLES ?= 20000

bench-copies: .venv/.dev  ## Matching and filing on generated articles; and with SET=... TRUTH=... on a labelled set
	$(BIN)/python tests/bench/copies.py rewrites
	$(BIN)/python tests/bench/copies_store.py --stored $(STORED)
	$(BIN)/python tests/bench/filing.py --stored $(STORED)
	$(BIN)/python tests/bench/reprints.py
	$(if $(TRUTH),$(BIN)/python tests/bench/copies.py simulated $(SET) $(TRUTH) --minhash)
STORED ?= 20000

bench-reading: .venv/.dev  ## Reading of web pages over bare trafilatura; SET=FOLDER names real pages, else invented ones
	$(BIN)/python tests/bench/reading_speed.py $(SET) $(if $(SET),,--least 0)

bench-enrich: .venv/.dev  ## Enrichment over plain spaCy; SET=ARTICLES.jsonl names other articles than the samples, PAGES=FOLDER pages to score speakers on
	$(if $(SET),,$(BIN)/wiredesk inspect seeds/samples > var/samples.jsonl)
	$(BIN)/python tests/bench/enrich_speed.py $(or $(SET),var/samples.jsonl) --least 0
	$(if $(PAGES),$(BIN)/python tests/bench/fresh_quotes.py $(PAGES))

bench-feeds: .venv/.dev  ## Reading feeds over feedparser's defaults, the rhythm over Miniflux's rule, a thousand feeds polled
	$(BIN)/python tests/bench/feeds_parse.py
	$(BIN)/python tests/bench/feeds_rhythm.py
	$(BIN)/python tests/bench/feeds_poll.py

bench-reading-side: .venv/.dev  ## The first page of each reading query, on 100,000 articles, on both databases
	$(BIN)/python tests/bench/reading_side.py

bench-latency: .venv/.dev  ## From a dropped file to its article, idle and beside a backfill; what idling costs
	$(BIN)/python tests/bench/latency.py --limits

bench-overhead: .venv/.dev  ## What Prefect costs of a backfill, over the same work called
	$(BIN)/python tests/bench/overhead.py --limit .1

lock:            ## Resolve the requirements anew into deployments/ (hashes, no addresses)
	@$(PYTHON) -m venv .venv/lock && .venv/lock/bin/pip --quiet install uv
	@.venv/lock/bin/uv --quiet pip compile pyproject.toml --extra dev $(LOCK) -o deployments/requirements-dev.lock >/dev/null
	@.venv/lock/bin/uv --quiet pip compile pyproject.toml --extra build $(LOCK) -c deployments/requirements-dev.lock \
		-o deployments/requirements.lock >/dev/null
	@.venv/lock/bin/uv --quiet pip compile pyproject.toml --extra build --extra dask $(LOCK) -c deployments/requirements-dev.lock \
		-o deployments/requirements-dask.lock >/dev/null
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean:           ## Remove what the targets made; the desk's own data in var/ stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
