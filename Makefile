# Every target makes the environment first; nothing but Python ≥ 3.11 and make is needed.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
ONLY ?=

.PHONY: setup demo test check check-code check-templates synth bench lock clean

setup: .venv/ready

.venv/ready: requirements-uv.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Evergreen needs Python 3.11 or newer; {sys.executable} is {v.major}.{v.minor}. Try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	VIRTUAL_ENV=.venv $(UV) pip sync --quiet --require-hashes --compile-bytecode requirements-dev.txt
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	$(BIN)/evergreen demo

test: setup
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --no-loadscope-reorder

.venv-scan/ready: requirements-scan.txt | setup
	$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv-scan
	VIRTUAL_ENV=.venv-scan $(UV) pip sync --quiet --require-hashes requirements-scan.txt
	@touch $@

check: check-code check-templates

check-code: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-templates: setup .venv-scan/ready
	$(BIN)/python -m tools.check_templates

synth: setup
	$(BIN)/python app.py
	@echo "templates are in cdk.out"

bench: setup
	$(BIN)/python -m benchmarks $(ONLY)

COMPILE := $(UV) pip compile --quiet --no-header --generate-hashes
lock: setup
	$(COMPILE) --universal --python-version 3.11 requirements.in -o requirements.txt
	$(COMPILE) --universal --python-version 3.11 -c requirements.txt requirements-dev.in -o requirements-dev.txt
	$(COMPILE) --python-version 3.11 --python-platform x86_64-manylinux_2_28 -c requirements.txt training/requirements.in -o training/requirements.txt
	$(COMPILE) --universal --python-version 3.11 requirements-scan.in -o requirements-scan.txt
	for layer in base tables; do \
		$(COMPILE) --python-version 3.13 --python-platform aarch64-manylinux_2_28 lambdas/layers/$$layer.in -o lambdas/layers/$$layer.txt; \
	done
	$(COMPILE) --python-version 3.13 --python-platform aarch64-manylinux_2_28 -c lambdas/layers/base.txt lambdas/layers/sources.in -o lambdas/layers/sources.txt
	for peer in mlflow bentoml sagemaker great_expectations pandera; do \
		$(COMPILE) --universal --python-version 3.11 benchmarks/peers/$$peer.in -o benchmarks/peers/$$peer.txt; \
	done

clean:
	rm -rf build cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis
