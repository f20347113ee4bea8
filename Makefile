# Two commands set up everything: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= ../shared/data

.PHONY: help install demo test lint attacks faults encoder bench latency load scale adapt-bench report baseline pictures clean

help:            ## Show what can be made.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed  ## Create .venv with everything that is needed to run.

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test
	touch $@

demo: install    ## Index the bundled examples, answer one question, open the chat on port 7860.
	$(BIN)/spoergetime demo

lint: $(VENV)/.installed-test  ## Check style, format and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint       ## Run all checks and tests, these in two processes of one thread.
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist worksteal

attacks: $(VENV)/.installed-test  ## Try every attack on the reader, also those that take long.
	$(BIN)/pytest tests/attacks -m ""
	$(BIN)/python -m tests.attacks.report

faults: $(VENV)/.installed-test  ## Kill, starve, damage and race the index: 500 kills, every Nth write, 10,000 questions.
	$(BIN)/python -m tests.faults

encoder: install ## Train the bundled encoder again from the shared data.
	$(BIN)/spoergetime train --data $(DATA) --out index/bundled

bench: $(VENV)/.installed-test  ## Measure indexing, start-up and search.
	$(BIN)/python -m tests.bench $(DATA)

latency: $(VENV)/.installed-test  ## Measure a question at 10,000 and 100,000 passages, stage by stage; N="..." for others.
	$(BIN)/python -m tests.latency $(DATA) $(N)

load: $(VENV)/.installed-test  ## Measure a hundred readers at once at 100,000 passages; N=--passages=1000 and the like for others.
	$(BIN)/python -m tests.load $(DATA) $(N)

scale: $(VENV)/.installed-test  ## Measure building, asking and updating 10,000, 100,000 and 1,000,000 passages; N='10000 --kill' and the like.
	$(BIN)/python -m tests.scale $(DATA) $(N)

adapt-bench: $(VENV)/.installed-test  ## Measure what adapting gains; MODEL=DIR is a model that has not seen the set.
	$(BIN)/python -m tests.adapt_bench $(DATA)/bench/ft_spoergetid_dev $(MODEL)

report: install  ## Measure the bundled question sets, and write var/report.html.
	$(BIN)/spoergetime eval report

baseline: install  ## Raise the floors of eval/baseline.json to what is measured now; LOWER=--lower lowers them too.
	$(BIN)/spoergetime eval gate --update $(LOWER)

pictures: $(VENV)/.installed-test  ## Take the pictures of every state of the pages into docs/pictures.
	$(BIN)/python -m tests.pictures

clean:           ## Remove what was built, but no index that you made elsewhere.
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache
