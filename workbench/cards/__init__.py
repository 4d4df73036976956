"""What a run was, on one page: for people in HTML and Markdown, for programs in JSON."""

from workbench.cards.comparing import compare as compare
from workbench.cards.facts import RunCard as RunCard
from workbench.cards.facts import card_of as card_of
from workbench.cards.writing import write_card as write_card
