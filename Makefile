# Everything here works twice, in any order, in a folder of any name; only `make test` may want root, to install servers.
#
#   make demo        try it: invented mail, a mail server and a letter box of its own, nothing to configure
#   make test        lint and the tests; `make test-all` also those that take minutes
#   make lint        ruff and mypy
#   make bench       how fast first looks and quiet rounds are, beside what the mail server could deliver at best, and others
#   make bench BENCH="--messages 1000000"   with a mailbox of a million
#   make bench BENCH=report          how fast the weekly report is over 5 years and 2 million waits
#   make evaluate CORPORA=FOLDER   how right it is on real mail, beside simple rules (bench/README.md)
#   make messages    take new and changed words of letters into the catalogues, to be translated there
#   make man         the manual page, as build/inbox-monitor.1
#   make configuration  the keys in docs/configuration.md, from the model
#   make lock        the newest versions of all packages into the lock files
#   make deb         a Debian package in build/, for the Debian it is built on
#   make test-deb    install, upgrade and purge it in a bare Debian 12; as root, with debootstrap
#   make test-service   boot a Debian 12 with it in namespaces of its own, and treat the service badly; as root, too
#   make clean       remove what the above made

PYTHON ?= python3
PY := .venv/bin/python
# The servers of the tests wait more than they work. Each worker has servers of its own, and takes over from a slower one.
WORKERS := -n auto --maxprocesses 4 --dist worksteal
PIP := $(PY) -m pip --disable-pip-version-check install --quiet

.PHONY: demo test test-all test-deb test-service lint messages configuration man lock bench evaluate deb clean servers \
  environment test-environment
.DEFAULT_GOAL := demo

demo: environment
	@$(PY) -m monitor demo

test: lint servers
	@$(PY) -m pytest $(WORKERS) -m "not full"

test-all: lint servers
	@$(PY) -m pytest $(WORKERS) --ignore tests/service

lint: test-environment
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

# What nobody has translated yet is left empty, and tests/outbox/test_catalogues.py names it.
LANGUAGES = de fr
messages: test-environment
	@found="$$(mktemp)" && trap 'rm -f "$$found"' EXIT && \
	$(PY) -m babel.messages.frontend --quiet extract --mapping pyproject.toml -k say -k say_n:1,2 \
	  --no-location --omit-header --output "$$found" . && \
	for language in $(LANGUAGES); do \
	  $(PY) -m babel.messages.frontend --quiet update --input-file "$$found" --locale $$language --width 120 \
	    --output-file templates/locale/$$language.po --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
	    || exit 1; \
	  sed -i -E '/^"(Project-Id-Version|Report-Msgid-Bugs-To|PO-Revision-Date|POT-Creation-Date|Last-Translator|Language-Team|Generated-By):/d' \
	    templates/locale/$$language.po; \
	done

configuration: environment
	@sed -i '/^## Every key/,$$d' docs/configuration.md && $(PY) -m monitor config --markdown >> docs/configuration.md

man: environment
	@mkdir -p build && $(PY) -m monitor man > build/inbox-monitor.1

bench: test-environment
	@$(PY) -m bench $(BENCH)

evaluate: test-environment
	@$(PY) -m bench.evaluate $(CORPORA)

deb: environment
	@packaging/build-deb $(PY)

# Neither is part of `make test`: they need root, debootstrap and minutes, and a package that was built.
test-deb: test-environment deb
	@$(PY) -m pytest -m full tests/service/test_deb.py

test-service: test-environment deb
	@$(PY) -m pytest -m full tests/service/test_booted.py tests/service/test_container.py

clean:
	rm -rf .venv build dist demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- the environment

# A stamp holds what was installed and where: an environment does not survive that its folder is renamed.
environment: LOCK = requirements.lock
test-environment: LOCK = requirements-test.lock
environment test-environment: .venv/bin/python
	@wanted="$$(cat $(LOCK) pyproject.toml | cksum) in $$(pwd)"; \
	test "$$(cat .venv/$(LOCK).stamp 2>/dev/null)" = "$$wanted" || { \
	  echo "installing $(LOCK) into .venv" >&2; \
	  $(PIP) --require-hashes -r $(LOCK) && $(PIP) --no-deps --editable . && \
	  echo "$$wanted" > .venv/$(LOCK).stamp; }

# Debian packs ensurepip apart; without it `venv` leaves half an environment behind.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python cannot make an environment. Type: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

# The hashes of a lock file are of what the package registry has; no host name gets in.
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" "$$tools/bin/pip-compile" --quiet --upgrade --generate-hashes \
  --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock:
	@tools="$$(mktemp -d)" && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && \
	"$$tools/bin/python" -m pip --disable-pip-version-check install --quiet pip-tools && \
	$(COMPILE) --extra demo,google,microsoft,postgresql --output-file requirements.lock pyproject.toml && \
	$(COMPILE) --extra test --constraint requirements.lock --output-file requirements-test.lock pyproject.toml

# -- what tests use: Dovecot with Sieve, PostgreSQL; faketime, a clock to set; Chromium, to look at letters; systemd and mandoc,
# to check the unit and the manual page

# Debian starts what it installs, on the usual ports; policy-rc.d forbids that meanwhile. Tests start their own.
APT = DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends
servers:
	@missing=""; PATH="$$PATH:/usr/sbin:/usr/local/sbin"; \
	command -v dovecot >/dev/null || missing="dovecot-imapd"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	test -n "$$(find -L /usr/lib/dovecot /usr/local/lib/dovecot /usr/lib64/dovecot -name lib90_sieve_plugin.so 2>/dev/null)" || \
	  missing="$$missing dovecot-sieve"; \
	command -v faketime >/dev/null || missing="$$missing faketime"; \
	command -v systemd-analyze >/dev/null || missing="$$missing systemd"; \
	command -v mandoc >/dev/null || missing="$$missing mandoc"; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  missing="$$missing chromium"; \
	test -n "$$(find -L /usr/share/fonts -name LiberationSans-Regular.ttf 2>/dev/null)" || missing="$$missing fonts-liberation"; \
	test -n "$$(find -L /usr/share/fonts -name DejaVuSans.ttf 2>/dev/null)" || missing="$$missing fonts-dejavu-core"; \
	test -z "$$missing" || { \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  echo "installing:" $$missing >&2; \
	  policy=/usr/sbin/policy-rc.d; \
	  test -e $$policy || { trap "rm -f $$policy" EXIT; printf '#!/bin/sh\nexit 101\n' >$$policy; chmod 755 $$policy; }; \
	  $(APT) $$missing >/dev/null 2>&1 || { apt-get update -qq && $(APT) $$missing >/dev/null; } || \
	    echo "that failed; the tests that need them are skipped" >&2; \
	else \
	  echo "some tests will be skipped; for them, as root, type: apt-get install $$(echo $$missing)" >&2; \
	fi; }
