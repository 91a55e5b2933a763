# Polyphony. `make run` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
LOCKS := requirements
JUDGES := .venv-judge
export PYTHONPATH := platform

.DEFAULT_GOAL := help
.PHONY: help run test test-all check flood mutate-safety judge bench real code strings clean installed installed-test installed-npm made

help:            ## show what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST) | sed 's/: *make/make/'

run: installed made ## start everything (database, web, jobs) and print the address; Ctrl-C stops it
	@exec $(PY) -m polyphony.cli serve

test: installed-test made ## the core tests, on a real PostgreSQL
	$(PY) -m pytest -n 2 -m "not slow"

test-all: installed-test installed-npm made ## the slow rest: browsers, many random worlds, the built wheel
	$(PY) -m pytest -n 2 -m "slow and not alone"
	$(PY) -m pytest -m alone

check: installed-test made ## lint, types, import contracts, templates, catalogues
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint templates --lint --profile jinja
	$(PY) -m polyphony.cli strings --check

flood: installed-test made ## ten thousand wrong return phrases against the server (a quarter of an hour)
	POLYPHONY_TEST_PHRASES=10000 $(PY) -m pytest -s -m alone

mutate-safety: installed-test made ## take out every guard in turn: does a test notice each?
	$(PY) -m tests.mutate

bench: installed-test made ## measure speed, as ratios to a bare page
	$(PY) benchmarks/run.py
	$(PY) benchmarks/fund.py

judge: installed made $(JUDGES)/.lock installed-npm ## let outside judges look at the running demo (some minutes)
	$(PY) -m judges.run

real: installed made ## the whole main job on real input, in a database of its own
	@exec $(PY) -m polyphony.cli real

code: installed  ## the present code of a demo member's second step (WHO=lead@tern.example)
	@$(PY) -m polyphony.cli demo code $(WHO)

strings: installed-test made ## read the sentences out of code and templates into the catalogues
	$(PY) -m polyphony.cli strings

clean:           ## remove what was made here, but never the data in var/
	rm -rf $(VENV) $(JUDGES) build dist static/htmx.min.js .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find platform tests translations \( -name __pycache__ -o -name '*.mo' \) -prune -exec rm -rf {} +

# A lock is installed only when it differs from what was installed last; what is there of one listed in $(2) will do.
# When uv cannot reach the package index that pip is set up for, pip does the same more slowly.
SUM = cat $(LOCKS)/$(1).txt | cksum
FRESH = test "$$($(call SUM,$(1)))" = "$$(cat $(VENV)/.lock-$(1) 2>/dev/null)"
define install
	@$(foreach lock,$(2),$(call FRESH,$(lock)) ||) { \
	  echo "Installing what requirements/$(1).txt lists."; \
	  $(VENV)/bin/uv pip sync -q --python $(PY) --require-hashes $(LOCKS)/$(1).txt 2>$(VENV)/uv.log || { \
	    echo "uv could not (see $(VENV)/uv.log); pip does it."; \
	    $(PY) -m pip install -q --require-hashes -r $(LOCKS)/$(1).txt; } && \
	  rm -f $(VENV)/.lock-run $(VENV)/.lock-test && $(call SUM,$(1)) > $(VENV)/.lock-$(1); }
endef

# The test lock holds the run lock: where the test set is in place, everything that running needs is there.
installed: $(VENV)/.tools
	$(call install,run,run test)

installed-test: $(VENV)/.tools
	$(call install,test,test)

# The judges bring libraries of their own, some older than ours: they live apart.
$(JUDGES)/.lock: $(LOCKS)/judge.txt $(VENV)/.tools
	@echo "Installing what requirements/judge.txt lists."
	@test -x $(JUDGES)/bin/python || $(PYTHON) -m venv $(JUDGES)
	@$(VENV)/bin/uv pip sync -q --python $(JUDGES)/bin/python --require-hashes $(LOCKS)/judge.txt 2>$(VENV)/uv.log || \
	  $(JUDGES)/bin/python -m pip install -q --require-hashes -r $(LOCKS)/judge.txt
	@touch $@

# What tests and judges take from npm; without npm they say that they could not be asked.
installed-npm: $(VENV)/.tools
	@command -v npm >/dev/null || { echo "npm is not here: what needs it is left out."; exit 0; }; \
	  cmp -s $(LOCKS)/npm/package-lock.json $(VENV)/npm/.lock || { \
	  mkdir -p $(VENV)/npm && cp $(LOCKS)/npm/package.json $(LOCKS)/npm/package-lock.json $(VENV)/npm && \
	  (cd $(VENV)/npm && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) && \
	  cp $(LOCKS)/npm/package-lock.json $(VENV)/npm/.lock; }

$(VENV)/.tools: $(LOCKS)/uv.txt $(LOCKS)/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes --target $(VENV)/tools --upgrade -r $(LOCKS)/uv.txt
	@mkdir -p $(VENV)/bin && ln -sf ../tools/bin/uv $(VENV)/bin/uv
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes --no-deps --target $(VENV)/build --upgrade -r $(LOCKS)/build.txt
	@touch $@

made:
	@$(PY) hatch_build.py
