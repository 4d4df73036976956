"""``python binder/badges.py OWNER/REPO``: a table of badges, one row a notebook, for the README.

The repository has no public address of its own yet; whoever gives it one prints the table again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
BINDER = "https://mybinder.org"
COLAB = "https://colab.research.google.com"


def row(notebook: Path, repository: str) -> str:
    """The title of a notebook and where it opens."""
    name = notebook.name
    on_binder = f"{BINDER}/v2/gh/{repository}/HEAD?urlpath=lab/tree/notebooks/{name}"
    on_colab = f"{COLAB}/github/{repository}/blob/HEAD/notebooks/{name}"
    badges = (
        f"[![Binder]({BINDER}/badge_logo.svg)]({on_binder})",
        f"[![Colab]({COLAB}/assets/colab-badge.svg)]({on_colab})",
    )
    return f"| {name[:2]} {title(notebook)} | {' | '.join(badges)} |"


def title(notebook: Path) -> str:
    """Its first heading."""
    first = json.loads(notebook.read_text("utf-8"))["cells"][0]
    return "".join(first["source"]).splitlines()[0].lstrip("# ")


def table(repository: str) -> str:
    """All notebooks, in order."""
    head = ["| notebook | Binder | Colab |", "|--|--|--|"]
    return "\n".join(
        [*head, *(row(path, repository) for path in sorted(NOTEBOOKS.glob("*.ipynb")))]
    )


if __name__ == "__main__":
    print(table(sys.argv[1] if len(sys.argv) > 1 else "OWNER/REPO"))
