# The commands of this project. They install what is missing into node_modules/ and .runweave/.
#
#   make run     the site with a local MLflow and a sample experiment; TRACKING_URI=, PORT=, MLFLOW_PORT=
#   make test    everything that CI runs
#   make build   dist/, the static site
#   make bench   native and browser benchmarks

SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: run test build bench

# exec: Ctrl-C goes to the program itself, which stops what it started.
run:
	@exec node tests/run.mjs

build:
	@node tests/run.mjs build
	@node tests/size.mjs

# Prints a step, runs it, prints its time; the first that fails ends the target.
define step
	@printf '\n== %s\n' '$(1)'; begin=$$SECONDS; \
	if $(1); then printf -- '-- %s s\n' "$$((SECONDS - begin))"; \
	else printf -- '-- FAILED after %s s: %s\n' "$$((SECONDS - begin))" '$(1)'; exit 1; fi
endef

test:
	$(call step,tests/tools.sh --browsers)
	$(call step,cargo fmt --check)
	$(call step,cargo clippy --all-targets -- -D warnings)
	$(call step,cargo clippy --target wasm32-unknown-unknown --lib --bins -- -D warnings)
	$(call step,cargo test)
	$(call step,node tests/run.mjs build)
	$(call step,node tests/size.mjs)
	$(call step,node tests/e2e/run.mjs)

bench:
	$(call step,cargo bench)
	$(call step,node tests/run.mjs build)
	$(call step,node tests/bench.mjs)
	$(call step,node tests/bench-curves.mjs)
	$(call step,node tests/bench-wide.mjs)
