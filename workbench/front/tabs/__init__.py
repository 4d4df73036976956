"""One file for each tab of the demo: a function that answers, and the tab that asks it."""
