"""JupyterLab as the other tests drive it."""

from __future__ import annotations

import pytest

from tests.browser.lab import jupyter_lab, open_notebook, run_all, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_cell_that_fails_is_told_with_what_it_said(open_page, tmp_path) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write_notebook(folder / "fails.ipynb", ("1 + 1", "raise OSError('on purpose')", "2 + 2"))
    with jupyter_lab(folder, tmp_path / "jupyter") as lab:
        page = open_page("about:blank").page
        open_notebook(page, lab, "fails.ipynb")
        with pytest.raises(AssertionError, match="on purpose"):
            run_all(page, seconds=60)
