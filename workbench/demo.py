"""The demo as a file: ``gradio workbench/demo.py``; ``workbench serve`` takes options.

Checkpoints beside the runs of this checkout are named after two dashes:
``gradio workbench/demo.py -- FOLDER OWNER/NAME``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if (HERE.parent / "pyproject.toml").is_file():
    # The runs of this checkout, wherever the command was given.
    os.environ.setdefault("WORKBENCH_HOME", str(HERE.parent))
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Gradio would watch every file below the working directory and start again when one changes.
os.environ.pop("GRADIO_WATCH_DIRS", None)
# Run as a file, Python would look for modules among the workbench's rooms first.
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if p and Path(p).resolve() != HERE)]

from workbench.front.serving import built, launch  # noqa: E402

demo = built(sys.argv[1:] if __name__ == "__main__" else ())

if __name__ == "__main__":
    launch(demo)
