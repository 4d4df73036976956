"""An HTML document that asks no other machine: the frame of every page of the workbench."""

from __future__ import annotations

import html


def document(title: str, style: str, main: str, *, scripted: bool = False) -> str:
    """A page with this title (text), style sheet and main part (HTML); nothing may be loaded.

    Scripts run only where the page is ``scripted``, and then those within it alone.
    """
    scripts = "; script-src 'unsafe-inline'" if scripted else ""
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:{scripts}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
<style>
{style}
</style>
</head>
<body>
<main>
{main}
</main>
</body>
</html>
"""
