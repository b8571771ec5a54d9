SONG ?= songs/demo.ogg
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python)

POP909 ?= data/pop909
SOUNDFONT ?= /usr/share/sounds/sf2/FluidR3_GM.sf2 /usr/share/sounds/sf2/sf_GMbank.sf2
JUDGING_SOUNDFONT ?= /usr/share/sounds/sf2/TimGM6mb.sf2
TRAIN_KEY = $(PYTHON) -m drum_tabber train-key --pop909 "$(POP909)" $(foreach font,$(SOUNDFONT),--soundfont "$(font)")

.PHONY: help install transcribe train test check clean train-key eval-key test-overfit test-fast test-limit

help:  ## list what can be made
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install:  ## a virtual environment in .venv, with everything for working on the project
	python3 -m venv .venv
	.venv/bin/pip install -r requirements-dev.txt

transcribe:  ## the drums of a song: make transcribe SONG=song.mp3
	$(PYTHON) transcribe.py "$(SONG)"

train:  ## train on tabs and corpora as configs.py says
	$(PYTHON) train.py

train-key:  ## the key model: make train-key POP909=DIR SOUNDFONT="FILE FILE"
	$(TRAIN_KEY)

eval-key:  ## score the key model: make eval-key POP909=DIR JUDGING_SOUNDFONT=FILE
	$(PYTHON) -m drum_tabber evaluate-key --pop909 "$(POP909)" --soundfont "$(JUDGING_SOUNDFONT)"

test-overfit:  ## a debug run of the key model: one batch over and over, whose loss must fall to nothing
	$(TRAIN_KEY) --played 32 --drawn 0 --made-up 0 --batches 150 --overfit --name debug-overfit

test-limit:  ## a debug run of the key model: a hundredth of the material
	$(TRAIN_KEY) --played 6 --drawn 6 --made-up 1 --batches 20 --name debug-limit

test-fast:  ## a debug run of the key model: one batch through everything
	$(TRAIN_KEY) --played 2 --drawn 2 --made-up 1 --batches 1 --name debug-fast

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
