# `make run` and `make test` do everything on a machine with Python >= 3.11 and make; the rest serves development.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEV := $(VENV)/.dev

.DEFAULT_GOAL := help
# Without venv's own packages, Debian's Python makes half an environment, which the next run must not take for a whole one.
.DELETE_ON_ERROR:
# Tests start hundreds of programs: where the shell forbids bytecode to be kept, each would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run demo test test-unit test-systemd torture soak fuzz bench lint generate packages lock deb image release wheelhouse install upgrade monitoring uninstall clean

help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV): pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(INSTALLED) $@

# Debian's packages that the tests of the whole use; silently left out without root, and then those tests are skipped.
PACKAGES := openssl prometheus prometheus-alertmanager victoria-metrics mtail logrotate chromium rsync zstd systemd systemd-container \
            debootstrap systemd-journal-remote rsyslog conmon debhelper fakeroot lintian buildah
packages:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  missing=; for p in $(PACKAGES); do [ "$$(dpkg-query -Wf '$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || missing="$$missing $$p"; done; \
	  if [ -n "$$missing" ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi; \
	fi

run: $(INSTALLED) ## the daemon on a simulated mesibo; on a log with LOG=/path/to/log; with CONFIG=F
ifdef CONFIG
	exec $(BIN)/mesibo-logwatch run --config '$(CONFIG)'
else
	@exec env BIN='$(BIN)' LOG='$(LOG)' sh config/try.sh
endif

demo: $(INSTALLED) ## an incident on a simulated site with a day of history; with Prometheus and Alertmanager, the page that comes of it
	@exec $(BIN)/python -m config.demo

lint: $(DEV) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

generate: $(DEV) ## rules, dashboards, runbook facts, manual and reference pages from catalogue, thresholds and code
	$(BIN)/python -m config.generate

# A file at a time: what its tests share, a fleet or a browser, is started once. Tests that start programs wait half their
# time, so that there are two files for each core, and come first (tests/conftest.py): the longest is not the last.
PARALLEL := --dist loadfile
WORKERS ?= $(shell echo $$((2 * $$(nproc))))
test: lint packages ## everything: lint, unit, property and integration tests
	$(BIN)/pytest -n $(WORKERS) $(PARALLEL) --no-loadscope-reorder $(ARGS)

test-unit: $(DEV) ## what starts no other program; of one folder of tests/ with LAYER=tail
	$(BIN)/pytest -q -n auto $(PARALLEL) -m 'not long and not integration and not systemd' $(if $(LAYER),tests/$(LAYER)) $(ARGS)

test-systemd: $(DEV) packages ## the service under a booted systemd in a container of its own (root); of Debian 13 with DISTRIBUTION=trixie, of Ubuntu 24.04 with noble
	DISTRIBUTION='$(DISTRIBUTION)' $(BIN)/pytest -m systemd --timeout=600 tests/service $(ARGS)

torture: $(DEV) ## kill -9 two hundred times, rotation by the thousand, a million lines read three ways
	$(BIN)/pytest -n auto --dist worksteal -m 'long and not systemd' --timeout=0 --ignore tests/service $(ARGS)

bench: $(DEV) packages ## what it costs, beside mtail, grep and wc on the same files; every count is checked
	$(BIN)/python -m bench.scan
	$(BIN)/python -m bench.follow
	$(BIN)/python -m bench.daemon
	$(BIN)/python -m bench.moments

soak: $(DEV) ## an hour of everything at once, in real processes: memory, descriptors, threads and counts must hold
	SOAK_SECONDS=$${SOAK_SECONDS:-3600} $(BIN)/pytest -q -s -m long --timeout=0 tests/service/test_soak.py $(ARGS)

fuzz: $(DEV) ## random and hostile input at every door, a hundred times as much as in the tests
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-20000} $(BIN)/pytest -q -s --timeout=0 tests/fuzz $(ARGS)

wheelhouse: ## wheels of everything the service needs, for machines without a network; for Ubuntu 24.04 with PYTHON_VERSION=3.12
	@PYTHON='$(filter-out python3,$(PYTHON))' PYTHON_VERSION='$(PYTHON_VERSION)' sh systemd/install.sh wheelhouse

install: ## the service, on this machine; again for an upgrade (sudo)
	@PYTHON='$(filter-out python3,$(PYTHON))' WHEELHOUSE='$(WHEELHOUSE)' sh systemd/install.sh install

upgrade: install ## the same as install

monitoring: ## Prometheus and Alertmanager for this host, whatever is there stays as it is; PAGE_URL=webhook (sudo)
	@CLUSTER='$(CLUSTER)' TARGET='$(TARGET)' PAGE_URL='$(PAGE_URL)' RUNBOOKS='$(RUNBOOKS)' ROOT='$(ROOT)' sh packaging/monitoring.sh

uninstall: ## the service; with PURGE=1 its configuration and counters too (sudo)
	@sh systemd/install.sh uninstall $(if $(PURGE),--purge)

# A host that is to have the package needs neither a Prometheus nor a syslog daemon for it
deb: PACKAGES := debhelper fakeroot
deb: packages ## a Debian package for Debian 12 and 13 and Ubuntu 24.04, in dist/
	@PYTHON='$(PYTHON)' sh packaging/deb/build.sh dist

image: deb ## an OCI image on a slim Debian, by podman, docker or buildah
	@for builder in podman docker buildah none; do ! "$$builder" info >/dev/null 2>&1 || break; done; \
	[ "$$builder" != none ] || { echo 'error: neither podman, docker nor buildah works here; try: docker info' >&2; exit 1; }; \
	"$$builder" build $(if $(BASE),--build-arg BASE='$(BASE)') --file packaging/image/Containerfile --tag mesibo-logwatch .

release: ## package, wheel, sdist, SBOM, checksums and notes of the tag that is checked out, in dist/
	@PYTHON='$(PYTHON)' sh packaging/release.sh

lock: $(DEV) ## hold every dependency of the service to what is newest now
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	sh systemd/lock.sh '$(BIN)/uv'

clean: ## remove what the targets made
	rm -rf .venv* .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
