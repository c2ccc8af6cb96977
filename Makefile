# Two commands on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup demo test check bench stubs clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Hutong needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	touch $(READY)

demo: setup  ## The main job, on the embedded default: a federation stood up, fed and asked.
	$(BIN)/hutong demo

test: setup  ## Every test, the tests of a file together, as many files at a time as there are cores (four at most).
	$(BIN)/pytest -q --numprocesses logical --maxprocesses 4 --dist loadfile --durations 15

check: setup  ## Everything that needs no test.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint proto
	$(BIN)/python proto/generate.py --check

bench: setup  ## What it costs.
	$(BIN)/python -m bench

stubs: setup  ## Regenerate federation/v1 from proto/.
	$(BIN)/python proto/generate.py

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
