"""Where things live on disk: the project's root, the cache of fetched data, the runs."""

from __future__ import annotations

import os
from pathlib import Path


def root() -> Path:
    """The folder that holds ``cache`` and ``runs``.

    ``WORKBENCH_HOME`` if set, else the nearest folder above the working directory that is a
    workbench checkout, else ``~/.vl-workbench``.
    """
    if "WORKBENCH_HOME" in os.environ:
        return Path(os.environ["WORKBENCH_HOME"]).expanduser().resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "pyproject.toml").is_file() and (folder / "workbench" / "pairs.py").is_file():
            return folder
    return Path.home() / ".vl-workbench"


def cache() -> Path:
    """Fetched packages, composed pictures and extracted regions; safe to delete."""
    return root() / ".cache"


def runs() -> Path:
    """One folder per training run."""
    return root() / "runs"
