# Two commands do everything; both make their own virtual environment first (.venv), which needs the network once.
#
#   make demo    a whole weekly sync on the embedded example in demo/; its last line says where the report lies
#   make test    lint, strict types, tests
#
# Also: make lint, make bench, make clean. For GNU make and BSD make alike: nothing here is special to one of them.
# Another Python than the first one found that is new enough:  make PYTHON=/path/to/python3.12 demo

PYTHON =
PYTEST = -n 2
BIN = .venv/bin

all: demo test

demo: .venv/installed
	@if grep -q '^# The component map of the example' demo/upstream-map.yaml 2>/dev/null; then rm -rf demo; fi
	@$(BIN)/portkit demo demo

# Everything is run, even where something fails before it; the tests come last, so their summary does too.
test: .venv/installed-test
	@failed=0; $(LINT); $(BIN)/python -m pytest $(PYTEST) || failed=1; exit $$failed

lint: .venv/installed-test
	@failed=0; $(LINT); exit $$failed

# ruff comes as a binary, and not for every system; the types are checked everywhere.
LINT = if test -x $(BIN)/ruff; then $(BIN)/ruff check . || failed=1; else echo "ruff: none on this system"; fi; \
	$(BIN)/python -m mypy || failed=1; \
	for file in tests/*/conftest.py; do $(BIN)/python -m mypy --no-error-summary $$file || failed=1; done

# Every script but the judge, which the others call; each says what it lacks where it cannot measure.
bench: .venv/installed-test
	@failed=0; for script in bench/*.py; do \
		case $$script in bench/faithful.py|bench/page.py|bench/getting_started.py) continue;; esac; grep -q __main__ $$script || continue; \
		echo "== $$script"; $(BIN)/python $$script || failed=1; \
	done; exit $$failed

clean:
	rm -rf .venv build dist portkit.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@if grep -q '^# The component map of the example' demo/upstream-map.yaml 2>/dev/null; then rm -rf demo; fi

.venv/made:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "making .venv with $$python"; \
			$$python -m venv .venv && touch .venv/made; exit; \
		fi; \
	done; echo "make: portkit needs Python 3.11 or newer; name it: make PYTHON=/path/to/python3" >&2; exit 1

.venv/installed: .venv/made pyproject.toml
	@echo "installing portkit into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch .venv/installed

.venv/installed-test: .venv/made pyproject.toml
	@echo "installing portkit and what its tests need into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch .venv/installed .venv/installed-test

.PHONY: all demo test lint bench clean
.NOTPARALLEL:
