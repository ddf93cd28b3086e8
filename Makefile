# The commands of webenvs. Everything installs into $(VENV); nothing is needed but Python 3.11+ and make.
PYTHON ?= python3
VENV ?= .venv
PEERS ?= $(VENV)-peers
TRAINERS ?= $(VENV)-trainers
CONSTRAINTS ?= constraints.txt
BIN := $(VENV)/bin
OUT ?= runs/demo

.DEFAULT_GOAL := help
OUT_TRAIN ?= runs/matpo

GROUPS_OF_TRAINERS := $(patsubst tests/wrappers/venvs/%.txt,%,$(wildcard tests/wrappers/venvs/*.txt))

.PHONY: help demo train test trainers check lint types contracts bench golden docs clean

help:  ## print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(VENV)/.core  ## run the ladder of scripted players, print the table, write the HTML report
	$(BIN)/python -m baselines.scripted.ladder --out $(OUT)

train: $(VENV)/.grpo  ## train a planner with workers (MATPO) on a tiny model from nothing, in about 20 minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m baselines.grpo.train --preset matpo-paper --model tiny --minutes 20 --out $(OUT_TRAIN)

test: $(VENV)/.dev  ## run every test, with the coverage floor
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term

trainers: $(GROUPS_OF_TRAINERS:%=trainers-%)  ## run the adapters with the trainers they are for, each group in an environment of its own

trainers-%: $(TRAINERS)-%/.done
	WEBENVS_TRAINERS=$* $(TRAINERS)-$*/bin/python -m pytest -m trainer -p no:cacheprovider $$(grep -rl --include='*.py' 'mark.trainer(' tests)

check: lint types contracts test  ## everything CI runs: format, lint, types, import contracts, tests

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

bench: $(VENV)/.dev $(PEERS)/.done $(PEERS)-trl/.done  ## print the speed of environments, corpora, search and training beside their peers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[bench]'
	$(BIN)/python tests/benchmarks/bench_lexical.py
	$(BIN)/python tests/benchmarks/bench_corpus.py
	$(BIN)/python tests/benchmarks/bench_dense.py --sizes 10000
	$(BIN)/python tests/benchmarks/bench_env_steps.py --peers-python $(PEERS)/bin/python
	OMP_NUM_THREADS=1 $(BIN)/python tests/benchmarks/bench_grpo.py --trl-python $(PEERS)-trl/bin/python

golden: $(VENV)/.dev  ## record the golden episodes anew (then read the diff: it raises an id's version)
	$(BIN)/python tests/golden/record.py

docs: $(VENV)/.dev  ## write docs/envs/*.md from the catalog, and the tables of docs/noise.md from the code
	$(BIN)/webenvs docs docs/envs
	$(BIN)/python tests/benchmarks/plot_noise.py

clean:  ## remove the environment and everything generated
	rm -rf $(VENV) $(VENV)-* runs build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "webenvs needs Python 3.11 or newer; $(PYTHON) is older. Run: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e .
	@touch $@

$(VENV)/.grpo: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[grpo]'
	@touch $@ $(VENV)/.core

$(PEERS)/.done:
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check skyrl-gym==0.4.0 gem-llm==0.1.0 bm25s==0.3.16 requests msgspec fastapi uvicorn
	@touch $@

$(PEERS)-trl/.done:
	$(PYTHON) -m venv $(PEERS)-trl
	$(PEERS)-trl/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[grpo]' trl==1.16.0
	@touch $@

$(TRAINERS)-%/.done: tests/wrappers/venvs/%.txt pyproject.toml
	$(PYTHON) -m venv $(TRAINERS)-$*
	$(TRAINERS)-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $< -e . pytest
	test ! -f $(<:.txt=.nodeps) || $(TRAINERS)-$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python -r $(<:.txt=.nodeps)
	@touch $@

.PRECIOUS: $(TRAINERS)-%/.done

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[dev]'
	@touch $@ $(VENV)/.core $(VENV)/.grpo
