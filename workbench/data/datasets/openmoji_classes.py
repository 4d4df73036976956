"""The one-word names of the OpenMoji vocabulary and the Unicode names of what shows each.

Chosen by looking: concrete things, no faces, hands, signs or symbols; each name is one word of
BERT's vocabulary.  Unicode names that equal the name in capitals are not spelled out.
"""

from __future__ import annotations

_ALIKE = (
    "rose mushroom tomato grapes lemon banana pear peach strawberry hamburger bread candy balloon "
    "guitar trumpet violin trophy cow tiger rabbit cat crocodile snail snake sheep rooster "
    "chicken dog pig elephant ant fish turtle penguin dolphin crown jeans dress ghost skull ring "
    "bomb television radio key bell hammer microscope telescope candle rocket helicopter "
    "ambulance tractor toilet spoon bacon potato carrot egg sandwich mango crab scorpion turkey "
    "eagle duck bat shark owl butterfly deer gorilla lizard squid kangaroo peacock parrot lobster "
    "badger swan beaver bison garlic onion scarf kite parachute chair axe accordion ladder feather"
)
_OTHERS: dict[str, tuple[str, ...]] = {
    "apple": ("RED APPLE", "GREEN APPLE"),
    "book": ("CLOSED BOOK", "GREEN BOOK", "BLUE BOOK", "ORANGE BOOK"),
    "cake": ("BIRTHDAY CAKE", "SHORTCAKE"),
    "camel": ("DROMEDARY CAMEL", "BACTRIAN CAMEL"),
    "camera": ("CAMERA", "CAMERA WITH FLASH", "MOVIE CAMERA", "VIDEO CAMERA"),
    "castle": ("EUROPEAN CASTLE", "JAPANESE CASTLE"),
    "cheese": ("CHEESE WEDGE",),
    "chick": ("HATCHING CHICK", "BABY CHICK"),
    "corn": ("EAR OF MAIZE",),
    "flower": ("HIBISCUS", "SUNFLOWER", "TULIP", "CHERRY BLOSSOM"),
    "hat": ("TOP HAT", "WOMANS HAT"),
    "house": ("HOUSE BUILDING", "HOUSE WITH GARDEN"),
    "pizza": ("SLICE OF PIZZA",),
    "scissors": ("BLACK SCISSORS",),
    "shoe": ("MANS SHOE", "ATHLETIC SHOE"),
    "telephone": ("BLACK TELEPHONE", "TELEPHONE RECEIVER"),
    "train": ("STEAM LOCOMOTIVE", "HIGH-SPEED TRAIN"),
    "tree": ("DECIDUOUS TREE", "EVERGREEN TREE"),
    "truck": ("DELIVERY TRUCK", "ARTICULATED LORRY", "PICKUP TRUCK"),
    "umbrella": ("UMBRELLA WITH RAIN DROPS", "CLOSED UMBRELLA"),
    "whale": ("WHALE", "SPOUTING WHALE"),
}

CLASSES: dict[str, tuple[str, ...]] = {
    **_OTHERS,
    **{name: (name.upper(),) for name in _ALIKE.split()},
}

PLURALS = frozenset({"grapes", "scissors", "jeans", "cherries", "blueberries", "chopsticks",
                     "socks", "gloves", "briefs", "shorts", "pancakes", "peanuts", "olives",
                     "beans", "goggles", "ballet shoes", "flowers", "french fries",
                     "books",
                     "japanese dolls", "fireworks", "crossed flags", "eyeglasses"})  # fmt: skip
MASSES = frozenset({"corn", "bread", "cheese", "pizza", "garlic", "bacon", "broccoli", "popcorn",
                    "spaghetti", "sushi", "butter", "cooked rice", "canned food", "custard",
                    "soft ice cream", "ice cream", "shaved ice", "falafel", "fondue",
                    "oden"})  # fmt: skip

MORE = (
    (0x1F32D, 0x1F37F), (0x1F380, 0x1F393), (0x1F400, 0x1F42D), (0x1F43F, 0x1F43F),
    (0x1F451, 0x1F462), (0x1F950, 0x1F96F), (0x1F980, 0x1F9AE), (0x1F9C0, 0x1F9CB),
    (0x1F9E6, 0x1F9FA), (0x1FA70, 0x1FA7A), (0x1FA90, 0x1FAA8), (0x1F680, 0x1F6A4),
)  # fmt: skip
"""Ranges of code points whose one- and two-word names follow the classes in the vocabulary."""

UNSUITABLE = frozenset({"face", "sign", "symbol", "cooking", "person", "dog", "cane", "decoration",
                        "amulet", "component", "clothes", "footprints", "gao", "silhouette",
                        "playing", "womans", "mans", "steaming", "father",
                        "oncoming", "stop", "lights", "box", "paw"})  # fmt: skip
"""Words of names that are no plain things."""
