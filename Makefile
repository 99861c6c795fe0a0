# Everything the project is asked to do, each from a bare machine with Python >= 3.12.
#
#   make demo        the worked example, into demo-results/
#   make test        all checks and all tests
#   make check       format, lint, types and the rules of the house
#   make notebooks   run every notebook in full
#   make honesty     the exact engine's reported error against its actual one, 500 problems
#   make recovery    intervals of scale-specific heterogeneity against simulated truth, 40 fits
#   make importance-study  how often the importance engine's proposal fits, 100 problems
#   make benchmark   time the program beside metafor, clubSandwich and samplers (BENCHMARK_FLAGS=--brms)
#   make multiverse-benchmark  time 10,000 specifications of a multiverse alone
#   make dependence-study  simulate what ignoring shared sampling errors costs (STUDY_FLAGS=...)
#   make wheel       build the wheel into dist/
#   make wheel-test  install that wheel into an empty environment and use it there
#   make pins        write constraints.txt from the environment
#   make clean       remove what was built, measured or cached (clean-all: .venv too)
#
# The environment lies in .venv and is made when it is missing, made anew when the checkout was
# moved or its Python has gone, and brought up to date when pyproject.toml or constraints.txt
# changed. Paths are relative throughout, so that a checkout may lie in a folder with blanks.
#
#   PYTHON=...       the interpreter to use in place of the one found
#   PIP_FLAGS=...    flags for pip install (default --quiet)
#   PYTEST_FLAGS=... flags for pytest

SHELL := /bin/sh
.SHELLFLAGS := -ec
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?=
PIP_FLAGS ?= --quiet
PYTEST_FLAGS ?=
BENCHMARK_FLAGS ?=
STUDY_FLAGS ?=

VENV := .venv
PY := $(VENV)/bin/python
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
# The version of hatchling comes from constraints.txt too, hence no isolated build.
INSTALL := $(PY) -m pip install $(PIP_FLAGS) --disable-pip-version-check -c constraints.txt
OFFLINE := pip could not install the packages: its own message stands above. If it speaks of \
connections, of names that do not resolve, or of versions of hatchling that conflict or are not \
found, this machine reaches no package index; the first run needs one, later runs do not.

# A copied or moved checkout has an environment whose scripts still point to the old place.
STANDING := $(shell [ "$$(cat $(VENV)/.place 2>/dev/null)" = "$$(pwd -P)" ] \
	&& $(PY) -c '' 2>/dev/null && echo yes)

.PHONY: help demo test honesty recovery importance-study check lint types architecture notebooks dependence-study \
	benchmark multiverse-benchmark \
	wheel wheel-test pins clean clean-all environment-is-missing

help:
	@sed -n '/^#   make /s/^#   //p' Makefile

ifneq ($(STANDING),yes)
$(RUNTIME): environment-is-missing
endif

$(RUNTIME): pyproject.toml constraints.txt
	@if [ "$(STANDING)" != yes ]; then \
		python="$$(PYTHON='$(PYTHON)' sh scripts/find_python.sh)" || exit 1; \
		echo "Making the environment $(VENV) with $$python"; \
		rm -rf $(VENV); \
		"$$python" -m venv $(VENV) || { rm -rf $(VENV); \
			echo "$$python could not make an environment; its message stands above." >&2; \
			exit 1; }; \
		pwd -P > $(VENV)/.place; \
	fi
	@echo "Installing what the program needs (the first time: some 300 MB, a minute or more)"
	@{ $(INSTALL) hatchling && $(INSTALL) --no-build-isolation -e .; } \
		|| { echo "$(OFFLINE)" >&2; exit 1; }
	@touch $@

$(DEV): $(RUNTIME)
	@echo "Installing what the tests need"
	@$(INSTALL) --no-build-isolation -e '.[dev]' || { echo "$(OFFLINE)" >&2; exit 1; }
	@touch $@

demo: $(RUNTIME)
	$(VENV)/bin/bayes-alliance demo --out demo-results --overwrite

check: lint types architecture

lint: $(DEV)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(DEV)
	$(PY) -m mypy

# The matrices here are small: more threads of BLAS only wait for one another (measured: 25 s with
# one thread, 30 s with two). PyMC's tests gain nothing from pytest-xdist on two processors, since
# each worker compiles for itself; the whole suite does: PYTEST_FLAGS="-n 2 --dist loadfile".
architecture test notebooks: export OPENBLAS_NUM_THREADS := 1

architecture: $(DEV)
	$(PY) -m pytest -q tests/architecture

# The rules of the house (tests/architecture) are among the tests.
test: lint types
	$(PY) -m pytest $(PYTEST_FLAGS)

# 500 random problems: is the exact engine's reported error at least its actual one?
honesty: $(DEV)
	cd tests/engines && ../../$(PY) error_honesty.py 500

# 100 random problems: does the proposal of the importance engine fit? Writes importance_study.json.
importance-study: export OPENBLAS_NUM_THREADS := 1
importance-study: $(DEV)
	cd tests/engines && ../../$(PY) importance_study.py 100

# 40 simulated tables: do the intervals of the heterogeneity of each scale cover the truth?
recovery: $(DEV)
	cd tests/engines && ../../$(PY) scale_recovery.py 40

# Compares what is timed inside R with what is timed here, where Rscript, metafor and clubSandwich are
# installed. --others PYTHON: an interpreter that has Bambi and PyMARE; --quick: a short trial.
benchmark: export OPENBLAS_NUM_THREADS := 1
benchmark: $(DEV)
	$(PY) -m benchmarks $(BENCHMARK_FLAGS)

multiverse-benchmark: export OPENBLAS_NUM_THREADS := 1
multiverse-benchmark: $(DEV)
	$(PY) -m benchmarks.multiverse

# A run that was stopped goes on where it was: make clean forgets that. --replications N a cell (1000),
# --processes N (all processors), --out FOLDER.
dependence-study: export OPENBLAS_NUM_THREADS := 1
dependence-study: $(DEV)
	$(PY) -m studies.dependence $(STUDY_FLAGS)

notebooks: $(DEV)
	$(PY) -m pytest --nbmake --nbmake-timeout=900 notebooks

wheel: $(DEV)
	rm -rf dist
	$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--wheel-dir dist .
	@ls dist

wheel-test: wheel
	PY=$(PY) sh scripts/try_wheel.sh

pins: $(DEV)
	$(PY) scripts/pin_constraints.py

clean:
	rm -rf build dist demo-results results .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f studies/dependence/replications.jsonl
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

clean-all: clean
	rm -rf $(VENV)
