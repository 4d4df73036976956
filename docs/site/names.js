// What the theme leaves without a name for those who listen to a page: the search, the parts of the
// navigation, the button beside every block of code.
function named() {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const part of document.querySelectorAll("nav.md-nav[aria-labelledby]")) {
    const title = part.querySelector(":scope > .md-nav__title")?.textContent.trim();
    if (title) part.setAttribute("aria-label", title);
    part.removeAttribute("aria-labelledby");
  }
  for (const button of document.querySelectorAll("nav.md-code__nav:not([role])")) {
    button.setAttribute("role", "none");
  }
}

document.addEventListener("DOMContentLoaded", () => {
  named();
  new MutationObserver(named).observe(document.body, { childList: true, subtree: true });
});
