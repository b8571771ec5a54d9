SONG ?= songs/demo.ogg
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python)

.PHONY: help install transcribe train test check clean

help:  ## list what can be made
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install:  ## a virtual environment in .venv, with everything for working on the project
	python3 -m venv .venv
	.venv/bin/pip install -r requirements-dev.txt

transcribe:  ## the drums of a song: make transcribe SONG=song.mp3
	$(PYTHON) transcribe.py "$(SONG)"

train:  ## train on tabs and corpora as configs.py says
	$(PYTHON) train.py

test:  ## the tests, without the slow ones
	$(PYTHON) -m pytest

check:  ## linters, types and tests
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest

clean:  ## remove caches; songs, data, runs and models stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
