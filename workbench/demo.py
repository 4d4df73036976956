"""The demo as a file: ``gradio workbench/demo.py``; ``workbench serve`` takes options."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
HERE = Path(__file__).resolve().parent
# Run as a file, Python would look for modules among the workbench's rooms first.
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if p and Path(p).resolve() != HERE)]

from workbench.front.serving import built, launch  # noqa: E402

demo = built()

if __name__ == "__main__":
    launch(demo)
