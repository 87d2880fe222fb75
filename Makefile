# make install: .venv with the xlt command. make run: the quickstart. make test: every check.
PYTHON ?= python3
BIN = .venv/bin

# Tests run side by side: more threads than cores only get into each other's way.
export OMP_NUM_THREADS ?= 1
# They start hundreds of processes, each of which would compile every module of ours anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install run test lint types layers check docs

install: .venv/installed

# Compiled by all cores at once, which pip does by one.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check \
		-c constraints.txt torch -e ".[dev]"
	$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true  # templates are no code
	touch $@

run: install
	$(BIN)/xlt run sweeps/specs/quickstart.yaml

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

# Files of tests side by side; a file's own tests share one cluster and stay together. In order of
# name, so that the faults, which take longest, come first.
PROCESSES ?= 3

check: install
	$(BIN)/pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

test: lint types layers check

# The reference of fields at the end of docs/spec.md, from the schema; a test sees that it is current.
docs: install
	sed '/<!-- xlt fields --markdown -->/q' docs/spec.md > docs/spec.md.new
	$(BIN)/xlt fields --markdown >> docs/spec.md.new
	mv docs/spec.md.new docs/spec.md
