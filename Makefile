# Palier's commands. Each installs what it needs into .venv, from locked versions with hashes.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000

# Folder of the recordings that rolling-bearing is made from; see docs/build.md, Data.
CWRU ?= $(wildcard ../shared/data/cwru)

# make attack: cases of the fuzzer, and seconds of its soak.
CASES ?= 200000
SOAK ?= 300

# make soak: minutes of each server.
SOAK_MINUTES ?= 30

VENV := .venv
BIN := $(VENV)/bin
LOCKS := build_scripts/locks
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
# For the image's Python, and from wheels only: onnxruntime-gpu is published as nothing else.
GPU_LOCK := $(BIN)/uv pip compile --quiet --python-platform x86_64-manylinux_2_28 --python-version 3.13 --only-binary :all: \
  --generate-hashes --no-header --no-annotate
# PyTorch comes from the index that pip is configured for; where that lacks the locked build, from PyTorch's own index,
# whose address uv has built in. Both take only files whose hash is locked.
TORCH_BUILD = $$(sed -n 's/^torch==[0-9.]*+\([a-z0-9]*\) .*/\1/p' $(LOCKS)/torch.txt)
TORCH_ONLY := --no-deps --only-binary :all: --require-hashes -r $(LOCKS)/torch.txt
TORCH = output=$$($(PIP) $(TORCH_ONLY) 2>&1) || \
  $(BIN)/uv pip install --quiet --python $(BIN)/python --torch-backend "$(TORCH_BUILD)" $(TORCH_ONLY) || \
  { echo "$$output"; echo "PyTorch cannot be installed: no index gave a file for this Python whose hash stands in $(LOCKS)/torch.txt."; exit 1; }

# Tests run in one process more than there are processors, since many of them wait, and in at most four; tests that share
# a fixture which takes long to make run in the same process.
WORKERS = --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 4 --no-loadscope-reorder

# One thread for each process: several workers share the processors, and threads of PyTorch spin while they wait. The
# tests start some hundred Python processes; the empty value lets them keep their bytecode, whatever the shell has set.
TESTING = OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=

# make image: LOCK is container (for CPUs) or gpu; DIGEST is that of the base image, and without it buildah makes a base
# from Debian's packages.
LOCK ?= container
DIGEST ?=

# dev, staging or prod.
STAGE ?=
# Where prod's alarms go (mailto:NAME@DOMAIN), unless cdk/stages.py has receivers.
RECEIVER ?=
# make trust: the repository on GitHub, OWNER/NAME, whose pipeline may deploy.
REPOSITORY ?=
# make trust: `there` in an account that knows GitHub as a provider of identities already.
PROVIDER ?=
# make deploy: the repository on GitHub whose pipeline must have attested the bundle.
ATTESTED ?=
# make smoke: the recording to diagnose, and with which model.
SMOKE = --model journal-bearing --full-scale 4 docs/examples/clearance.wav
CDK = PATH="$(CURDIR)/$(BIN):$$PATH" cdk/node_modules/.bin/cdk
CHOSEN = $(if $(STAGE),-c stage=$(STAGE),$(error name the stage: make $@ STAGE=dev)) $(if $(RECEIVER),-c receiver=$(RECEIVER))

# onnxruntime 1.32 sends telemetry unless this is set before it is loaded.
export ORT_DISABLE_TELEMETRY := 1
export PYTHONPATH := $(CURDIR)
# The CDK warns about Node.js 20 at every start, although it works with it.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 18,20

.PHONY: help serve instruments test test-quick test-networks check audit format models bundle image bench bench-peers soak attack synth bootstrap preflight deploy diff smoke trust rollback destroy cloud cloud-down docs lock clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 15

serve: $(VENV)/.serve ## diagnose recordings on this machine: http://127.0.0.1:8000
	@$(BIN)/python local_server.py --host $(HOST) --port $(PORT) $(ARGS)

instruments: $(VENV)/.instruments ## install what `palier` needs to read files of instruments: UFF, TDMS, LVM, MDF

test: $(VENV)/.dev $(VENV)/.kserve ## run the whole test suite
	@$(TESTING) $(BIN)/python -m pytest $(WORKERS) $(ARGS)

test-quick: $(VENV)/.dev ## run the unit tests alone: no process, browser, cloud or training; under a minute
	@$(TESTING) $(BIN)/python -m pytest $(WORKERS) -m "not slow" $(ARGS)

test-networks: $(VENV)/.dev ## build everyday networks whole, with real clocks, and a hundred random ones; ten minutes
	@$(TESTING) $(BIN)/python -m pytest --networks --durations=5 tests/build_scripts/recipes tests/build_scripts/quantization/qat $(ARGS)

check: $(VENV)/.dev ## format, lint, types, architecture, docs
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary --num-workers auto
	$(BIN)/python -m pytest --quiet tests/test_architecture.py tests/test_docs.py

docs: $(VENV)/.dev $(VENV)/.docs ## build the documentation site into build/docs/html; a link that leads nowhere is an error
	@$(BIN)/python -m build_scripts docs --out build/docs $(ARGS)

audit: $(VENV)/.bundle $(VENV)/.audit ## look up known vulnerabilities of the locked packages in a database on the internet
	@$(BIN)/python -m build_scripts.lambda_bundle.checks.vulnerabilities --auditor $(VENV)/audit/bin/pip-audit $(ARGS)

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

models: $(VENV)/.dev ## make the shipped models from scratch: simulate, train, export, quantize, prove, package
	@$(BIN)/python -m build_scripts models --model journal-bearing $(if $(CWRU),--data $(CWRU)) --force $(ARGS)
	@$(if $(CWRU),$(BIN)/python -m build_scripts models --model rolling-bearing --data $(CWRU) --force $(ARGS) && \
	  $(BIN)/python -m build_scripts models --model any-bearing --data $(CWRU) --force $(ARGS), \
	  echo "rolling-bearing and any-bearing are left as they are: they need recordings, make models CWRU=DIR (docs/build.md, Data)")

bundle: $(VENV)/.bundle ## build what AWS Lambda gets: function asset, layers, bundle.json, bill of materials
	@$(BIN)/python -m build_scripts bundle --out build $(ARGS)

image: $(VENV)/.bundle ## build the container of LOCK (container, gpu) by docker, podman or buildah, run it strictly, list its packages
	@$(BIN)/python -m build_scripts.local.container_image --lock $(LOCK) $(if $(DIGEST),--digest $(DIGEST)) $(ARGS)

bench: $(VENV)/.dev ## measure against the bare engine, FastAPI and the reference network; writes docs/benchmarks.*
	@$(BIN)/python -m build_scripts benchmark --all --write docs $(ARGS)

bench-peers: $(VENV)/.dev ## measure beside FastAPI, LitServe, BentoML, MLServer, KServe, Ray Serve and Triton; needs wrk
	@$(BIN)/python -m build_scripts benchmark --peers --write docs $(ARGS)

soak: $(VENV)/.dev ## load local_server.py and the container for SOAK_MINUTES each, at 80 % of what they can answer; a plot
	@$(BIN)/python -m build_scripts benchmark --soak --minutes $(SOAK_MINUTES) --write docs $(ARGS)

attack: $(VENV)/.dev ## attack decoders, apps, readers and servers, CASES times; a table of errors, hangs, growth
	@$(BIN)/python -m build_scripts attack --cases $(CASES) --soak $(SOAK) $(ARGS)

synth: $(VENV)/.cdk cdk/node_modules/.cdk ## make the CloudFormation templates of STAGE; needs neither an account nor credentials
	@$(CDK) synth --quiet $(CHOSEN) $(ARGS)
	@ls build/cdk/palier-$(STAGE)-*.template.json

bootstrap: $(VENV)/.cdk cdk/node_modules/.cdk ## prepare the AWS account and region of STAGE for deployments, once
	@$(CDK) bootstrap -c removing=yes $(CHOSEN) $(ARGS)

preflight: $(VENV)/.cdk ## check your AWS account for what STAGE needs: quotas, bootstrap, certificate, confirmations
	@$(BIN)/python -m cdk preflight --stage $(or $(STAGE),$(error name the stage: make $@ STAGE=dev)) $(ARGS)

deploy: $(VENV)/.cdk cdk/node_modules/.cdk ## deploy STAGE to AWS: everything that make bundle has built
	@$(if $(ATTESTED),gh attestation verify build/bundle.json --repo $(ATTESTED))
	@$(CDK) deploy --all $(CHOSEN) $(ARGS)
	@$(BIN)/python -m cdk settle --stage $(STAGE)

diff: $(VENV)/.cdk cdk/node_modules/.cdk ## show what deploying STAGE would change; reads the deployed templates, changes nothing
	@$(CDK) diff --all --method template $(CHOSEN) $(ARGS)

smoke: $(VENV)/.serve $(VENV)/.cdk ## send a recording to the deployed STAGE and check its diagnosis; PALIER_KEY is an API key of STAGE
	@$(BIN)/python -m cdk url --stage $(or $(STAGE),$(error name the stage: make $@ STAGE=dev)) | \
	  xargs -I URL $(BIN)/palier diagnose --json --url URL $(SMOKE) $(ARGS) | $(BIN)/python .ci/expect.py clearance

trust: $(VENV)/.cdk cdk/node_modules/.cdk ## let the pipeline of REPOSITORY (OWNER/NAME on GitHub) deploy STAGE, or several: dev,staging
	@$(CDK) deploy palier-pipeline -c repository=$(or $(REPOSITORY),$(error name the repository: make $@ REPOSITORY=OWNER/NAME)) \
	  $(if $(PROVIDER),-c provider=$(PROVIDER)) $(CHOSEN) $(ARGS)

rollback: $(VENV)/.cdk ## move the functions of STAGE that were deployed last to the versions before
	@$(BIN)/python -m cdk rollback --stage $(or $(STAGE),$(error name the stage: make $@ STAGE=dev)) $(ARGS)

cloud: $(VENV)/.dev cdk/node_modules/.cdk ## deploy dev to AWS services on this machine, diagnose a recording through its API, leave it running
	@[ -f build/bundle.json ] || $(MAKE) --no-print-directory bundle
	@$(BIN)/python -m build_scripts.local.cloud up

cloud-down: $(VENV)/.dev ## remove what make cloud left running
	@$(BIN)/python -m build_scripts.local.cloud down

destroy: $(VENV)/.cdk cdk/node_modules/.cdk ## remove STAGE from AWS; what the stage retains stays
	@$(BIN)/python -m cdk empty --stage $(or $(STAGE),$(error name the stage: make $@ STAGE=dev))
	@$(CDK) destroy --all -c removing=yes $(CHOSEN) $(ARGS)

lock: $(VENV)/.dev ## lock all versions anew, with hashes
	$(COMPILE) layers/runtime/requirements.in --output-file layers/runtime/requirements.txt
	$(COMPILE) build_scripts/local/aws/embedded/requirements.in --output-file build_scripts/local/aws/embedded/requirements.txt
	for group in serve build bundle cdk dev; do \
	  $(COMPILE) --group $$group --constraint layers/runtime/requirements.txt layers/runtime/requirements.in \
	    --output-file $(LOCKS)/$$group.txt || exit 1; \
	done
	$(COMPILE) --group instruments --constraint $(LOCKS)/serve.txt --output-file $(LOCKS)/instruments.txt
	$(COMPILE) --group docs --constraint $(LOCKS)/dev.txt --output-file $(LOCKS)/docs.txt
	for peer in engines fastapi litserve bentoml mlserver kserve ray triton; do \
	  $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    $(LOCKS)/peers/$$peer.in --output-file $(LOCKS)/peers/$$peer.txt || exit 1; \
	done
	$(COMPILE) --group audit --output-file $(LOCKS)/audit.txt
	$(COMPILE) --group kserve --output-file $(LOCKS)/kserve.txt
	$(COMPILE) --group container --constraint layers/runtime/requirements.txt layers/runtime/requirements.in \
	  --output-file $(LOCKS)/container.txt
	$(GPU_LOCK) --group gpu --group container --constraint $(LOCKS)/container.txt layers/runtime/requirements.in \
	  --override $(LOCKS)/gpu-override.in --output-file $(LOCKS)/gpu.txt

clean: ## remove .venv and everything that was built
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/pyvenv.cfg:
	@command -v $(PYTHON) >/dev/null || { echo "Palier needs Python 3.11 or newer: no $(PYTHON) found."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Palier needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.serve: $(LOCKS)/serve.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "installing the serving packages ..."
	@$(PIP) --require-hashes -r $(LOCKS)/serve.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.bundle: $(LOCKS)/bundle.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "installing the packages for bundling ..."
	@$(PIP) --require-hashes -r $(LOCKS)/bundle.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.cdk: $(LOCKS)/cdk.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "installing the packages for deploying ..."
	@$(PIP) --require-hashes -r $(LOCKS)/cdk.txt
	@$(PIP) --no-deps --editable .
	@touch $@

cdk/node_modules/.cdk: cdk/package-lock.json
	@command -v npm >/dev/null || { echo "The CDK needs Node.js 20 or newer with npm; on Debian: apt install nodejs npm"; exit 1; }
	@npm ci --prefix cdk --silent --no-audit --no-fund
	@touch $@

$(VENV)/.instruments: $(LOCKS)/instruments.txt | $(VENV)/.serve
	@echo "installing what reads the files of instruments ..."
	@$(PIP) --require-hashes -r $(LOCKS)/instruments.txt
	@touch $@

$(VENV)/.docs: $(LOCKS)/docs.txt | $(VENV)/.dev
	@echo "installing what builds the documentation site ..."
	@$(PIP) --require-hashes -r $(LOCKS)/docs.txt
	@touch $@

$(VENV)/.dev: $(LOCKS)/dev.txt $(LOCKS)/torch.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "installing the packages for building and testing ..."
	@$(PIP) --require-hashes -r $(LOCKS)/dev.txt
	@$(TORCH)
	@$(PIP) --no-deps --editable .
	@touch $@ $(VENV)/.serve $(VENV)/.instruments $(VENV)/.bundle $(VENV)/.cdk

$(VENV)/.audit: $(LOCKS)/audit.txt | $(VENV)/pyvenv.cfg
	@echo "installing what looks for vulnerabilities ..."
	@$(PYTHON) -m venv $(VENV)/audit
	@PYTHONPATH= $(VENV)/audit/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r $(LOCKS)/audit.txt
	@touch $@

# KServe's client supports no Python above 3.13 yet: where it cannot be installed, its tests are skipped with a notice.
$(VENV)/.kserve: $(LOCKS)/kserve.txt | $(VENV)/pyvenv.cfg
	@echo "installing KServe's client, for its tests alone ..."
	@$(PYTHON) -m venv $(VENV)/kserve
	@PYTHONPATH= $(VENV)/kserve/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r $(LOCKS)/kserve.txt \
	  && touch $@ || echo "KServe's client cannot be installed here: its tests will be skipped."
