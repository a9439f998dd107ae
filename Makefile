# Two commands: `make memo` renders the memo of a public company, `make test` runs the tests.
# Both set up .venv from the pinned lock first, and skip that when it is up to date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.up-to-date
DEAL ?= datasets/cases/minimax

.DEFAULT_GOAL := help
.PHONY: help setup memo test check format lock bench clean

help:  ## Show these commands
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP)  ## Set up .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; " + sys.executable + " is " + sys.version.split()[0] + ". Say which one to use: make memo PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@echo "  installing the pinned packages of requirements.lock ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@echo "  installing diligence ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m compileall -q diligence || true
	@touch $(STAMP)
	@echo "  done."

memo: setup  ## Render the memo of the MiniMax case (or DEAL=folder) and print the PDF's path
	@$(BIN)/diligence memo $(DEAL)

test: setup  ## Run the tests
	@$(BIN)/python -m pytest -q -n auto --dist loadfile --nbval

check: setup  ## Format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:  ## Resolve requirements.lock again, for Python 3.11 to 3.14
	$(PYTHON) -m pip install --quiet uv
	$(PYTHON) -m uv pip compile pyproject.toml --universal --python-version 3.11 --extra test --extra cluster \
	  --generate-hashes --no-annotate --no-header --upgrade -o requirements.lock

bench: setup  ## Measure against the usual tools, side by side in one run
	$(BIN)/python benchmarks/bench_memo.py
	$(BIN)/python benchmarks/bench_bills.py
	$(BIN)/python benchmarks/bench_trajectories.py
	$(BIN)/python benchmarks/bench_record_decline.py
	$(BIN)/python benchmarks/bench_break_test.py
	$(BIN)/python benchmarks/bench_stress.py
	@if [ -n "$$DILIGENCE_REFERENCE_DATA" ]; then $(BIN)/python benchmarks/bench_calibration.py; fi
	@if [ -n "$$DILIGENCE_REFERENCE_DATA" ]; then $(BIN)/python benchmarks/bench_classifier.py; fi

clean:  ## Remove what the commands made
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
