# `make` alone lists what there is to make. Every target sets up what it needs first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help app api train model test lint format clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

app: .venv/app ## draw digits in the browser
	$(BIN)/streamlit run streamlit_app.py

api: .venv/app ## serve POST /predict on http://127.0.0.1:8000
	$(BIN)/python api.py

train: .venv/app ## train the classic recipe, and use it from then on
	$(BIN)/python -m mnistcore train

# One thread: then the same sums are made in the same order whatever the number of cores, and a seed gives one model.
model: export OPENBLAS_NUM_THREADS := 1
model: .venv/app ## rebuild the models that ship with the package, from DATA=mnist.npz or a download
	for model in "classic 0" "robust 1"; do \
	  set -- $$model; \
	  $(BIN)/python -m mnistcore train --recipe $$1 --seed $$2 $(if $(DATA),--data $(DATA),--source openml,keras) \
	    --ship mnistcore/shipped && \
	  $(BIN)/python -m mnistcore evaluate --model $$1 --save mnistcore/shipped/$$1.evaluation.json || exit 1; \
	done

test: .venv/dev ## run all tests
	$(BIN)/python -m pytest

lint: .venv/dev ## check style and likely mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/dev ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the virtual environment and caches
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp says that these requirements are installed; it is renewed when they change.
.venv/app: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/app
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
