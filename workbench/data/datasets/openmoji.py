"""The source ``openmoji``."""

from __future__ import annotations

from workbench.data.datasets.cutouts import Source


def source() -> Source:
    """OpenMoji drawings."""
    raise NotImplementedError
