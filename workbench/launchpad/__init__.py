"""A run from plain choices: what can be chosen, what is wrong with a choice, what it will cost."""

from workbench.launchpad.choice import Choice as Choice
from workbench.launchpad.composing import recipe_of as recipe_of
