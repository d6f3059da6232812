# The project's commands. Each installs what it lacks (Debian packages, crates.io, PyPI, npm), so a
# fresh clone needs only Rust (cargo, rustfmt, clippy), Node 20 or newer, and make.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# On CI the lock file is law; at a desk, cargo may add to it.
LOCKED := $(if $(CI),--locked)

.PHONY: help run test crash races conformance lint audit bench clean
.DEFAULT_GOAL := help

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start everything with an embedded database and a sandbox Stripe
	@scripts/ensure rust compiler
	@echo 'Building tillgate. The first build takes about two minutes; later ones take seconds.'
	@cargo build $(LOCKED) -p gateway --bin tillgate
	@exec cargo run -q $(LOCKED) -p gateway --bin tillgate -- dev $(ARGS)

test: ## Run every test: Rust on SQLite and PostgreSQL, Python, and the browser
	@scripts/ensure rust compiler postgres python node browser
	@scripts/with-postgres scripts/test

crash: ## Kill gateways and PostgreSQL 230 times under load, and count what was lost or doubled
	@scripts/ensure rust compiler postgres
	@scripts/crash $(ARGS)

races: ## Play each race about money a thousand times on both engines (about two hours)
	@scripts/ensure rust compiler postgres
	@scripts/races $(ARGS)

conformance: ## Hold the sandbox Stripe against Stripe's own SDKs, everything, and under load
	@scripts/ensure rust compiler python node
	@scripts/conformance

lint: ## Check formatting, lints, documentation, scripts and dependencies
	@scripts/ensure rust compiler node
	@scripts/lint

audit: ## Check dependencies against the RustSec advisories (needs cargo-deny and the internet)
	@cargo deny check advisories

bench: ## Measure a release build on SQLite and PostgreSQL
	@scripts/ensure rust compiler postgres
	@scripts/bench $(ARGS)

clean: ## Remove what builds and tests made (not data/, which holds your development stores)
	@cargo clean
	@rm -rf tests/{browser,conformance}/node_modules
