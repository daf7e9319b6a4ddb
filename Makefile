# Every target sets the project up first (virtual environment .venv, pinned versions) and is a short name for
# `python -m monotakd ...`, which does the same where there is no make.
PYTHON ?= $(shell for p in .venv/bin/python python3.11 python3.12 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && echo $$p && break; done)
ifeq ($(strip $(PYTHON)),)
$(error monotakd needs Python 3.11 or 3.12 on PATH (Debian, Ubuntu: apt install python3.11 python3.11-venv))
endif

.PHONY: help setup run test lab notebooks check browser site clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

setup:  ## make .venv with the pinned versions
	$(PYTHON) -m monotakd setup

run:  ## set up, run the main job on embedded data, say where to look
	$(PYTHON) -m monotakd run

test:  ## set up, run every test
	$(PYTHON) -m monotakd test

lab:  ## set up, open JupyterLab on the first notebook
	$(PYTHON) -m monotakd lab

notebooks:  ## execute the notebooks in place, as they are committed
	$(PYTHON) -m monotakd notebooks

browser:  ## set up, run the tests that click in a real browser
	$(PYTHON) -m monotakd browser

site:  ## set up, write the executed suite as web pages into out/site
	$(PYTHON) -m monotakd site

check:  ## style: ruff's rules and formatting
	$(PYTHON) -m monotakd check

clean:  ## remove what the targets above made, except .venv
	rm -rf out build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
