# `make run` and `make test` need make and Python 3.11 or newer, and install the rest into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEV := $(VENV)/.dev

.DEFAULT_GOAL := help
# Without python3-venv, Debian's Python makes half an environment, which the next run must not take for a whole one.
.DELETE_ON_ERROR:
# Tests start hundreds of programs: if the shell forbids keeping bytecode, each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run demo test test-unit test-systemd torture soak fuzz bench lint generate packages lock deb image release wheelhouse install upgrade monitoring uninstall clean

help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) systemd/environment.py $(VENV)

$(INSTALLED): pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# OLDEST=1: the oldest versions that pyproject.toml allows; what is not tried with them is a guess.
OLD := $(if $(OLDEST),--constraint $(VENV)/oldest.txt)
$(DEV): pyproject.toml | $(VENV)/bin/python
	@sed -n 's/^[^#]*"\([A-Za-z0-9-]\{1,\}\)[^">]*>=\([0-9.]*\).*/\1==\2/p' pyproject.toml >$(VENV)/oldest.txt
	$(BIN)/pip install --quiet --disable-pip-version-check $(OLD) --editable '.[dev]'
	@touch $(INSTALLED) $@

# Debian's packages that integration tests use. Without root they are not installed, and those tests are skipped.
PACKAGES := openssl prometheus prometheus-alertmanager victoria-metrics mtail logrotate chromium rsync zstd systemd systemd-container \
            debootstrap systemd-journal-remote rsyslog conmon debhelper fakeroot lintian buildah
packages:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  missing=; for p in $(PACKAGES); do [ "$$(dpkg-query -Wf '$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || missing="$$missing $$p"; done; \
	  if [ -n "$$missing" ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi; \
	fi

# As they were typed: a path may contain quotes and dollars, which the shell takes from the environment alone.
ifdef LOG
override export LOG := $(value LOG)
endif
ifdef CONFIG
override export CONFIG := $(value CONFIG)
endif
run: $(INSTALLED) ## run the daemon on a simulated mesibo; LOG=F follows a log, CONFIG=F uses a configuration
ifdef CONFIG
	exec $(BIN)/mesibo-logwatch run --config "$$CONFIG"
else
	@exec env BIN='$(BIN)' sh config/try.sh
endif

demo: $(INSTALLED) ## show an incident on a simulated site, through Prometheus and Alertmanager if they are installed
	@exec $(BIN)/python -m config.demo

lint: $(DEV) ## run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

generate: $(DEV) ## write rules, dashboards, runbook facts, manual and reference pages from catalogue, thresholds and code
	$(BIN)/python -m config.generate

# A worker runs one file at a time: what its tests share (a fleet, a browser) is started once. Tests that start programs wait
# half their time, so there are two workers per core; they come first (tests/conftest.py), so that no long one is the last.
PARALLEL := --dist loadfile
WORKERS ?= $(shell echo $$((2 * $$(nproc))))
test: lint packages ## run lint, unit tests and the tests that start programs
	$(BIN)/pytest -n $(WORKERS) $(PARALLEL) --no-loadscope-reorder $(ARGS)

test-unit: $(DEV) ## run the tests that start no other program; LAYER=tail: those in tests/tail
	$(BIN)/pytest -q -n auto $(PARALLEL) -m 'not long and not integration and not systemd' $(if $(LAYER),tests/$(LAYER)) $(ARGS)

test-systemd: $(DEV) packages ## test the service under a booted systemd (root); DISTRIBUTION=trixie: Debian 13, noble, resolute: Ubuntu 24.04, 26.04
	DISTRIBUTION='$(DISTRIBUTION)' $(BIN)/pytest -m systemd --timeout=1800 tests/service $(ARGS)

torture: $(DEV) ## run the long tests: kill -9, rotation by the thousand, a million lines read three ways
	$(BIN)/pytest -n auto --dist worksteal -m 'long and not systemd' --timeout=0 --ignore tests/service $(ARGS)

bench: $(DEV) packages ## measure speed and memory, beside mtail on the same files; every count is checked
	$(BIN)/python -m bench.scan
	$(BIN)/python -m bench.follow
	$(BIN)/python -m bench.daemon
	$(BIN)/python -m bench.moments

soak: $(DEV) ## do everything to one daemon at once, for an hour (SOAK_SECONDS)
	SOAK_SECONDS=$${SOAK_SECONDS:-3600} $(BIN)/pytest -q -s -m long --timeout=0 tests/service/test_soak.py $(ARGS)

fuzz: $(DEV) ## try random and hostile input, a hundred times as much as make test does (FUZZ_EXAMPLES)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-20000} $(BIN)/pytest -q -s --timeout=0 tests/fuzz $(ARGS)

wheelhouse: ## collect wheels for machines without a network; PYTHON_VERSION=3.14: for Ubuntu 26.04
	@PYTHON='$(filter-out python3,$(PYTHON))' PYTHON_VERSION='$(PYTHON_VERSION)' sh systemd/install.sh wheelhouse

install: ## install or upgrade the service on this machine (sudo)
	@PYTHON='$(filter-out python3,$(PYTHON))' WHEELHOUSE='$(WHEELHOUSE)' sh systemd/install.sh install

upgrade: install ## the same as install

monitoring: ## install Prometheus and Alertmanager beside what is there; PAGE_URL=webhook (sudo)
	@CLUSTER='$(CLUSTER)' TARGET='$(TARGET)' PAGE_URL='$(PAGE_URL)' RUNBOOKS='$(RUNBOOKS)' ROOT='$(ROOT)' sh packaging/monitoring.sh

uninstall: ## remove the service; PURGE=1: its configuration and counters, too (sudo)
	@sh systemd/install.sh uninstall $(if $(PURGE),--purge)

# Building the package takes neither a Prometheus nor a syslog daemon
deb: PACKAGES := debhelper fakeroot
deb: packages ## build a package for Debian 12, 13, Ubuntu 24.04 and 26.04, in dist/
	@PYTHON='$(PYTHON)' sh packaging/deb/build.sh dist

# In OCI's own format, which podman and buildah write unless they are asked, an image has no health check
image: deb ## build an image on a slim Debian, by podman, docker or buildah
	@for builder in podman docker buildah none; do ! "$$builder" info >/dev/null 2>&1 || break; done; \
	[ "$$builder" != none ] || { echo 'error: neither podman, docker nor buildah works here; try: docker info' >&2; exit 1; }; \
	BUILDAH_FORMAT=docker "$$builder" build $(if $(BASE),--build-arg BASE='$(BASE)') --file packaging/image/Containerfile --tag mesibo-logwatch .

release: ## build package, wheel, sdist, SBOM, checksums and notes of the tag that is checked out, in dist/
	@PYTHON='$(PYTHON)' sh packaging/release.sh

lock: $(DEV) ## lock the service's dependencies to their newest versions
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	sh systemd/lock.sh '$(BIN)/uv'

clean: ## remove what the targets made
	rm -rf .venv* .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
