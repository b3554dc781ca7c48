# castlist from a checkout. Everything is installed into .venv and made in build/ and site/, here.

PYTHON ?= python3
FILM ?= build/sample.mp4
FILMS ?= build
export FILM FILMS

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --constraint constraints.txt
SAMPLE := build/sample.mp4

.DELETE_ON_ERROR:
.PHONY: help demo test format docs picture benchmark composed clean

help: ## List what there is to make
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: .venv/demo.installed $(if $(filter $(SAMPLE),$(FILM)),$(SAMPLE)) ## Run castlist on a sample film, or on FILM=path
	$(BIN)/castlist run "$$FILM"

test: .venv/dev.installed ## Check everything that CI checks
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

format: .venv/dev.installed ## Format the code and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: .venv/docs.installed ## Build the documentation into site/
	$(BIN)/zensical build --clean --strict

picture: .venv/dev.installed demo ## Take README's picture of the sample film's report anew
	$(BIN)/python demo/report_picture.py build/sample.castlist/report.html docs/images/report.png

benchmark: .venv/demo.installed $(if $(filter build,$(FILMS)),$(SAMPLE)) ## Score face tracks on the sample film, or on FILMS=folder
	$(BIN)/castlist benchmark tracks "$$FILMS" --work build/benchmark

composed: build/composed/tracks.csv ## Compose a track set for castlist benchmark clusters from the sample film's photographs

clean: ## Remove all that make has made
	rm -rf .venv .cache build site dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(SAMPLE): demo/*.py | .venv/demo.installed
	mkdir -p build
	$(BIN)/python demo/sample_film.py $@

build/composed/tracks.csv: demo/*.py | .venv/demo.installed
	rm -rf build/stills build/composed
	$(BIN)/python demo/still_faces.py build/stills
	$(BIN)/castlist benchmark compose build/composed --from build/stills --people 8 --tracks 400

# pip is the last thing that venv makes, so a .venv that broke off halfway is made anew.
$(BIN)/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "castlist needs Python 3.11")'
	$(PYTHON) -m venv --clear .venv

# castlist, editable, with one of its extras. OpenCV's usual build needs libGL and glib, which a
# machine without a desktop may lack: then the headless build of the same release is laid over it.
.venv/%.installed: pyproject.toml constraints.txt | $(BIN)/pip
	$(PIP) --editable '.[$*]'
	$(BIN)/python -c 'import cv2' 2>/dev/null || $(PIP) --force-reinstall --no-deps \
		"$$($(BIN)/python -m pip freeze | sed -n 's/^opencv-python=/opencv-python-headless=/p')"
	touch $@
