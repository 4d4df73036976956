"""A notebook and its kernel fit into what a Binder machine gives."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.binder.footprint import run_notebook

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# Binder guarantees 1 GB in all; JupyterLab's server takes the rest (docs/binder.md).
KERNEL = 750


def test_the_tour_fits_beside_the_server(monkeypatch):
    lines = subprocess.check_output([ROOT / "binder" / "start", "env"], text=True).splitlines()
    for name, _, value in (line.partition("=") for line in lines):
        if name != "WORKBENCH_SCENES_SOURCE":  # whichever scenes this checkout has prepared
            monkeypatch.setenv(name, value)
    footprint, _ = run_notebook(ROOT / "notebooks" / "12_a_tour_inside.ipynb")
    assert 200 < footprint.peak < KERNEL, footprint.parts
