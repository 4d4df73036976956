# Every target is one call of workbench/setup.py, which Windows users run themselves.
PYTHON ?= python3
SETUP = $(PYTHON) -m workbench.setup

.PHONY: start test lint notebooks demo docs gpu-check
start:     ; @$(SETUP) start
test:      ; @$(SETUP) test $(ARGS)
lint:      ; @$(SETUP) lint
notebooks: ; @$(SETUP) notebooks
demo:      ; @$(SETUP) demo
docs:      ; @$(SETUP) docs
gpu-check: ; @$(SETUP) gpu-check
