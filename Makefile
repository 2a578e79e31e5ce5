SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += -j4  # what does not need each other is made side by side
.PHONY: demo test collected hosts peers step soak check setup system lock release migration clean

BIN := .venv/bin
UV := VIRTUAL_ENV=.venv $(BIN)/uv
PACKAGES := mosquitto postgresql-15 chromium-headless-shell simavr libsimavr-dev libelf-dev gcc libc6-dev gcc-avr avr-libc arduino-core-avr avrdude fonts-noto-core hledger tilemaker
HOSTS := octoprint moonraker
ARGS ?=

demo: setup  ## a region that makes and delivers; `make demo ARGS=--once` ends by itself
	@$(BIN)/fabcommons demo $(ARGS)

test: setup hosts check collected  ## checks, then every test
	@$(BIN)/python -m pytest -n 6 --dist loadfile --no-loadscope-reorder tests/e2e tests/fault tests $(ARGS)  # the long ones first; they mostly wait, so more than the cores

collected: .venv/.warm  # pytest writes its asserts anew in each file: once here, instead of in each worker
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --collect-only -qqq >/dev/null || true  # the run itself tells what is wrong

step: setup .venv/hosts/step/.done  ## STEP files are read, by what is too large to be had always: 380 MB
	@PYTHONPATH=$$(echo $(CURDIR)/.venv/hosts/step/lib/python*/site-packages) $(BIN)/python -m pytest tests/unit/orchestrator/catalogue/files/test_step.py tests/unit/orchestrator/catalogue/test_making_solids.py $(ARGS)

soak: setup step  ## the same laws and faults with large counts
	@export FABCOMMONS_SOAK=1
	$(BIN)/python -m pytest -m soak -s tests/fault $(ARGS)
	$(BIN)/python -m pytest -s tests/property tests/unit/orchestrator/dispatch/test_any_facts.py $(ARGS)
	$(BIN)/python -m pytest -s tests/fault/test_devices.py tests/fault/test_agents.py tests/integration/device_agents/test_agent_update.py $(ARGS)

check: .venv/.done  ## lint, format, types, the rules of the house
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

setup: .venv/.warm system

.venv/.done: requirements.lock .python-version pyproject.toml
	@test -x $(BIN)/python || python3 -m venv .venv
	$(BIN)/python -c 'import sys; v = open(".python-version").read().strip(); assert "%d.%d" % sys.version_info[:2] == v, "need Python " + v'
	test -x $(BIN)/uv || $(BIN)/python -m pip install -q "uv==0.13.9"
	$(UV) pip sync -q --compile-bytecode --require-hashes requirements.lock
	$(UV) pip install -q --no-deps -e .
	touch $@

.venv/.warm: .venv/.done
	@$(BIN)/python -m compileall -q -j 0 orchestrator device_agents firmware_bridge routing  # a start is then fast even where Python may not write
	$(BIN)/python -m routing.warm  # compiled once here, instead of in each process that plans
	touch $@

hosts: $(HOSTS:%=.venv/hosts/%/.done)  # servers that tests drive: what they depend on is kept apart from ours

.venv/hosts/%/.done: tests/integration/hosts/requirements-%.txt | .venv/.done
	@test -d .venv/hosts/$* || $(BIN)/uv venv -q --python $(BIN)/python .venv/hosts/$*
	VIRTUAL_ENV=.venv/hosts/$* $(BIN)/uv pip sync -q --compile-bytecode --require-hashes $<
	touch $@

peers: .venv/hosts/streamers/.done .venv/hosts/cam/.done  ## whom `python -m benchmarks.streaming` and `.estimates` compare with
	@$(MAKE) --no-print-directory system PACKAGES=prusa-slicer  # 42 MB to fetch

.venv/hosts/cam/.done: benchmarks/requirements-peers.txt | .venv/.done  # opencamlib has no wheel for a newer Python
	@test -d .venv/hosts/cam || $(BIN)/uv venv -q --python python3.11 .venv/hosts/cam
	VIRTUAL_ENV=.venv/hosts/cam $(BIN)/uv pip sync -q --compile-bytecode --require-hashes $<
	touch $@

.venv/hosts/streamers/.done: benchmarks/streaming/requirements-peers.txt | .venv/.done
	@test -d .venv/hosts/streamers || $(BIN)/uv venv -q --python $(BIN)/python .venv/hosts/streamers
	VIRTUAL_ENV=.venv/hosts/streamers $(BIN)/uv pip sync -q --compile-bytecode --require-hashes $<
	touch $@

system:  # nothing is asked of apt when all is there; no service is started by an install
	@command -v dpkg-query >/dev/null || { echo "not a Debian: install these yourself: $(PACKAGES) nodejs npm"; exit 0; }
	wanted="$(PACKAGES)"; command -v npm >/dev/null || wanted="$$wanted nodejs npm"
	missing=$$(for p in $$wanted; do dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || echo $$p; done)
	[ -n "$$missing" ] || exit 0
	echo "installing" $$missing
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo -n); policy=/usr/sbin/policy-rc.d; own=
	if [ ! -e $$policy ]; then printf '#!/bin/sh\nexit 101\n' | $$sudo tee $$policy >/dev/null; $$sudo chmod 755 $$policy; own=1; fi
	trap '[ -z "$$own" ] || $$sudo rm -f /usr/sbin/policy-rc.d' EXIT
	apt() { $$sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$$@"; }
	apt update -qq || true
	apt install -y -qq --no-install-recommends $$missing >/dev/null

migration: .venv/.done  # after a change of a rows.py: make migration NAME="what changed"
	@$(BIN)/python -m orchestrator.foundation.migrate "$(NAME)"

release: .venv/.done  ## a folder in dist/ from which labs update their agents
	@rm -rf dist; $(UV) build -q --wheel -o dist
	$(UV) pip compile -q --extra agent --constraint requirements.lock --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header -o dist/requirements.txt pyproject.toml
	cd dist; wheel=$$(echo *.whl); version=$${wheel#*-}; echo "fabcommons==$${version%%-*} --hash=sha256:$$(sha256sum $$wheel | cut -d' ' -f1)" >> requirements.txt

lock:  # the only step that resolves; run it after a change of dependencies
	@$(UV) pip compile -q --extra dev --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade -o requirements.lock pyproject.toml
	for host in $(HOSTS); do echo $$host | $(BIN)/uv pip compile -q --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade -o tests/integration/hosts/requirements-$$host.txt -; done
	echo cadquery-ocp-novtk | $(BIN)/uv pip compile -q --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade -o tests/integration/hosts/requirements-step.txt -

clean:
	@rm -rf .venv build dist artefacts
