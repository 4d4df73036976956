"""``python -m tests.regression.regenerate``: the project's own numbers, written anew.

To be run, and its changes read, when a change of the numbers is meant.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.regression import curves, names

if __name__ == "__main__":
    names.write()
    with tempfile.TemporaryDirectory() as folder:
        curves.write(Path(folder))
    print(f"{names.FILE}\n{curves.FILE}")
