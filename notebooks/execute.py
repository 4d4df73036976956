"""Execute notebooks again, in place: ``python notebooks/execute.py [NAME ...]``.

What is kept is what a reader of the committed file sees: text, tables and small pictures.  What
changes from one execution to the next without meaning anything is taken out: widget state,
execution times, progress bars that overwrote themselves, the versions of the kernel.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
TIMEOUT = 600


def execute(path: Path) -> nbformat.NotebookNode:
    """The notebook at ``path``, run in its own folder and cleaned; raises what a cell raised."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        record_timing=False,
    )
    return cleaned(client.execute())


def cleaned(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same notebook without widget state and without noise; changes it in place."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key == "tags"}
        )
        if cell.cell_type == "code":
            cell.outputs = [kept for kept in map(_clean, _joined(cell.outputs)) if kept]
    return notebook


def _clean(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """One output as it is kept; None for one that says nothing without a living kernel."""
    if output.output_type == "stream":
        if output.name == "stderr" and "\r" in output.text:
            return None  # a progress bar: what is left of it at the end is only its timing
        output.text = _as_a_terminal_shows(output.text)
        return output if output.text.strip() else None
    if "data" not in output:
        return output
    was_widget = output.data.pop(WIDGET_VIEW, None) is not None
    # A widget without a picture of its own leaves only its class name, which tells nobody much.
    if was_widget and set(output.data) <= {"text/plain"}:
        return None
    output.metadata = nbformat.from_dict({})
    return output


def _as_a_terminal_shows(text: str) -> str:
    """The text after its carriage returns have done their work."""
    lines = (line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n"))
    return "\n".join(lines)


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The outputs with neighbouring pieces of one stream put together."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        before = joined[-1] if joined else None
        if before and _stream(before) == _stream(output) != "":
            before.text += output.text
        else:
            joined.append(output)
    return joined


def _stream(output: nbformat.NotebookNode) -> str:
    return output.name if output.output_type == "stream" else ""


def main() -> int:
    """Execute the named notebooks, or all of them, and write them back."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="file names in notebooks/; all when left out")
    names = parser.parse_args().names
    paths = [FOLDER / Path(name).name for name in names] or sorted(FOLDER.glob("*.ipynb"))
    for path in paths:
        if not path.is_file():
            parser.error(f"{path.name} is no notebook in {FOLDER.name}/")
        began = time.monotonic()
        notebook = execute(path)
        nbformat.write(notebook, path)
        print(f"{path.name}: {len(notebook.cells)} cells in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
