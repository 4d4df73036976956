"""What tests of saved pages share: waiting until one is drawn, reading what it says, its pixels."""

from __future__ import annotations

from typing import Any

PIXELS = """(selector) => {
  const canvas = document.querySelector(selector);
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const mean = [0, 0, 0];
  for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) mean[c] += data[i + c];
  return mean.map((value) => value / (data.length / 4));
}"""
"""The mean red, green and blue of a canvas, by its selector."""

FRAMES = """async ([selector, event, places]) => {
  const elements = [...document.querySelectorAll(selector)];
  const wait = window.requestAnimationFrame.bind(window);
  const spent = [];
  window.requestAnimationFrame = (draw) => wait((now) => {
    const began = performance.now();
    draw(now);
    spent.push(performance.now() - began);
  });
  for (let i = 0; i < 40; i++) {
    const element = elements[i % elements.length];
    const box = element.getBoundingClientRect();
    const [x, y] = places[i % places.length];
    element.dispatchEvent(new PointerEvent(event, {
      clientX: box.left + x * box.width, clientY: box.top + y * box.height, bubbles: true,
    }));
    await new Promise((done) => wait(() => wait(done)));
  }
  window.requestAnimationFrame = wait;
  return [spent.length, spent.sort((a, b) => a - b)[Math.floor(spent.length / 2)]];
}"""
"""How often a view was redrawn for 40 pointer events, and the median milliseconds of its script.

The events of this name go to the elements of a selector in turn, each at a place given as shares
of its width and height.
"""


def ready(watched: Any, selector: str = ".wb-sentence") -> Any:
    """The page, once the element says something and pictures are decoded."""
    page = watched.page
    page.wait_for_function(
        f"document.querySelector('{selector}') && document.querySelector('{selector}').textContent"
    )
    page.wait_for_timeout(120)  # the picture is decoded a frame later
    return page


def sentence(page: Any, selector: str = ".wb-sentence") -> str:
    """What the view says, a few frames from now."""
    page.wait_for_timeout(60)
    return page.text_content(selector)


def nothing_wrong(watched: Any) -> None:
    """No request left the machine and nothing was complained about."""
    assert watched.requests == [], "a page asked another machine"
    assert watched.errors == []


def axe_faults(page: Any, axe: str) -> list[tuple[str, str]]:
    """What axe-core finds in the widgets of a page: the rule and the first element."""
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run('.wb')).violations")
    return [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in found]
