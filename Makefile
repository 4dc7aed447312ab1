# The few commands of a working day; each is a script of scripts/ or one line.

.PHONY: build test lint serve soak

build:
	scripts/build

test:
	scripts/test

lint:
	scripts/lint

serve:
	scripts/serve

# A random walk over three nodes whose processes, bus and network fail, for SOAK_SECONDS on each bus; a SEED repeats one.
# Then a Redis that is paused for long.
SOAK_SECONDS ?= 900
SEED ?= $(shell date +%s)
soak:
	scripts/setup --test
	scripts/build
	REPLYHQ_WALK_SECONDS=$(SOAK_SECONDS) REPLYHQ_WALK_SEED=$(SEED) \
		.venv/bin/python -m pytest -s Tests/EndToEnd/test_cluster_walk.py
	REPLYHQ_PAUSE_SECONDS=30 .venv/bin/python -m pytest -s Tests/EndToEnd/test_cluster_faults.py -k paused
