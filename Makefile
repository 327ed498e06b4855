# `make` alone lists what there is to make. Every target sets up what it needs first.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help app api train model test check lint format lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

app: .venv/app ## draw digits in the browser
	$(BIN)/streamlit run streamlit_app.py

api: .venv/app ## serve POST /predict on http://127.0.0.1:8000
	$(BIN)/python api.py

train: .venv/app ## train the classic recipe, and use the new model from then on
	$(BIN)/mnistcore train

# One thread: it adds up in the same order on any number of cores, so that a seed gives one model.
model: export OPENBLAS_NUM_THREADS := 1
model: .venv/app ## rebuild the models that ship, from HANDS="train_r01_v07 pendigits-orig.tra", and DATA=mnist.npz or a download
	$(BIN)/mnistcore train --recipe classic --seed 0 $(DIGITS) --ship mnistcore/models/shipped
	$(BIN)/mnistcore train --recipe robust --seed 2 $(DIGITS) --hands $(HANDS) --ship mnistcore/models/shipped
	$(BIN)/python -m mnistcore.training.rehearsal $(DIGITS)
	$(BIN)/python -m mnistcore.training.page_reader $(if $(DATA),--data $(DATA)) --hands $(HANDS)
DIGITS = $(if $(DATA),--data $(DATA),--source openml,keras)

# Two processes. A file's tests run in one of them: they share what they need. tests/conftest.py puts the longest first.
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: .venv/dev ## run all tests
	$(PYTEST)

check: lint ## lint, types and the fast tests, in under a minute
	$(PYTEST) -m "not browser and not server and not slow"

lint: .venv/dev ## check style, likely mistakes and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/dev ## renew constraints.txt: the newest version of every package that pyproject.toml allows
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --strip-extras --no-annotate --upgrade \
	  --custom-compile-command "make lock" --output-file constraints.txt pyproject.toml

clean: ## remove the virtual environment and caches
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp says that these requirements are installed; it is renewed when they change.
.venv/app: requirements.txt pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	@touch $@

.venv/dev: .venv/app
	$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@
