"""The 96 one-word names of the default vocabulary and which stamps show each.

Chosen by looking at every stamp: concrete, easily told apart, no symbols; each name is one word
of BERT's vocabulary, so that a masked name is always a single token and its length tells nothing.
"""

from __future__ import annotations

CLASSES: dict[str, tuple[str, ...]] = {
    "frog": ("animals/amphibians/frog", "animals/amphibians/frog-1"),
    "owl": ("animals/birds/owl",),
    "penguin": (
        "animals/birds/penguin", "animals/birds/little-penguin",
        "animals/birds/magellanic_penguin",
    ),
    "hen": ("animals/birds/hen",),
    "rooster": ("animals/birds/rooster",),
    "duck": ("animals/birds/duck", "animals/birds/drake"),
    "crow": ("animals/birds/crow",),
    "heron": ("animals/birds/heron_greatblue", "animals/birds/heron_greatblue_flying"),
    "turkey": ("animals/birds/turkey",),
    "peacock": ("animals/birds/peacock",),
    "vulture": ("animals/birds/vulture",),
    "pigeon": ("animals/birds/pigeon",),
    "lobster": ("animals/fish/lobster",),
    "bee": ("animals/insects/bee",),
    "butterfly": (
        "animals/insects/cartoon/butterfly", "animals/insects/cartoon/monarchbutterfly",
        "seasonal/easter/butterfly",
    ),
    "spider": ("animals/insects/cartoon/spider2", "animals/insects/cartoon/spider"),
    "snail": ("animals/insects/cartoon/snail2", "animals/insects/cartoon/snail"),
    "badger": ("animals/mammals/badger",),
    "bear": ("animals/mammals/bears/bear", "animals/mammals/bears/european-bear"),
    "bison": ("animals/mammals/bovines/bison",),
    "cow": ("animals/mammals/bovines/cow", "animals/mammals/bovines/cow_white"),
    "goat": ("animals/mammals/bovines/goat",),
    "sheep": ("animals/mammals/bovines/sheep", "animals/mammals/bovines/sheep_lamb"),
    "camel": ("animals/mammals/camel/camel",),
    "lion": ("animals/mammals/cats/lion", "animals/mammals/cats/lion-2"),
    "tiger": ("animals/mammals/cats/tiger", "animals/mammals/cats/tiger_sumatran"),
    "deer": ("animals/mammals/deer/deer", "animals/mammals/deer/doe"),
    "dog": ("animals/mammals/dogs/dog",),
    "fox": ("animals/mammals/dogs/fox",),
    "elephant": ("animals/mammals/elephant",),
    "donkey": ("animals/mammals/equines/donkey", "animals/mammals/equines/donkey_eating"),
    "horse": ("animals/mammals/equines/horse",),
    "zebra": ("animals/mammals/equines/zebra", "animals/mammals/equines/zebra2"),
    "pig": (
        "animals/mammals/pig", "animals/mammals/pig_golden", "animals/mammals/pig_golden2",
    ),
    "rabbit": (
        "animals/mammals/rodents/rabbit", "animals/mammals/rodents/rabbit-2",
        "animals/mammals/rabbit_little",
    ),
    "beaver": ("animals/mammals/rodents/beaver",),
    "squirrel": ("animals/mammals/rodents/squirrel",),
    "kangaroo": ("animals/marsupials/kangaroo",),
    "gorilla": ("animals/mammals/apes/gorilla",),
    "otter": ("animals/mammals/aquatic/otter",),
    "dolphin": ("animals/mammals/aquatic/dolphin",),
    "whale": ("animals/mammals/aquatic/whale",),
    "kitten": ("animals/mammals/cats/kitten",),
    "apple": (
        "food/fruit/apple_red", "food/fruit/apple_green", "food/fruit/cartoon/apple",
        "food/fruit/apple_fuji", "food/fruit/apple_sierra_beauty",
        "food/fruit/apple_granny_smith",
    ),
    "banana": ("food/fruit/cartoon/banana", "food/fruit/banana"),
    "grapes": ("food/fruit/grapes", "food/fruit/cartoon/grapes"),
    "lemon": ("food/fruit/lemon", "food/fruit/cartoon/lemon"),
    "pear": ("food/fruit/pear", "food/fruit/cartoon/pear"),
    "strawberry": (
        "food/fruit/Strawberry2", "food/fruit/cartoon/strawberry", "food/fruit/strawberry",
    ),
    "carrot": ("food/vegetables/carrot",),
    "corn": ("food/vegetables/corn",),
    "mushroom": (
        "food/vegetables/mushroom", "plants/mushrooms/cep", "plants/mushrooms/cep-1",
    ),
    "onion": ("food/vegetables/onion",),
    "pepper": ("food/vegetables/pepper", "food/vegetables/yellowpepper"),
    "pumpkin": ("food/vegetables/pumpkin_small",),
    "tomato": ("food/vegetables/tomato",),
    "pizza": ("food/pizza",),
    "bread": ("food/bread", "food/loaf_of_bread"),
    "cheese": ("food/cheese",),
    "cake": ("food/dessert/cartoon/birthday_cake", "food/dessert/cartoon/pink_cake"),
    "hat": (
        "clothes/hats/brownhat", "clothes/hats/brownhat2", "clothes/hats/purplehat",
        "clothes/hats/cowboy_hat", "clothes/hats/feathered_hat", "clothes/hats/blue_fedora",
        "clothes/hats/tophat",
    ),
    "crown": ("clothes/hats/crown1", "clothes/hats/crown2"),
    "boot": ("clothes/hikingboot",),
    "jacket": ("clothes/jacket",),
    "bicycle": ("vehicles/cycle/bluebike",),
    "camera": (
        "hobbies/camera_35mm", "household/electronics/DSLR_Camera",
        "household/electronics/camera", "household/electronics/digitalcamera",
    ),
    "trumpet": ("hobbies/music/brass/trumpet",),
    "drum": ("hobbies/music/percussion/drum_tomtom_floor",),
    "violin": ("hobbies/music/string/violin", "hobbies/music/string/violin2"),
    "guitar": (
        "hobbies/music/string/guitar_classical", "hobbies/music/string/guitar2",
        "hobbies/music/string/guitar_electric", "hobbies/music/string/guitar_electric_bass",
        "hobbies/music/string/guitar_electric_bass2",
    ),
    "binoculars": ("hobbies/binoculars",),
    "pencil": ("household/arttools/Pencil", "household/arttools/pencil2"),
    "scissors": ("household/arttools/scissors_small_open",),
    "tractor": ("vehicles/farming/cartoon/tractor",),
    "mug": ("household/dishes/mug",),
    "kettle": ("household/kettle",),
    "laptop": ("household/electronics/laptop",),
    "boat": ("vehicles/ship/sail_boat1", "vehicles/ship/sail_boat2"),
    "umbrella": ("household/umbrella",),
    "hammer": ("household/tools/hammer", "household/tools/hammer2"),
    "toilet": ("household/toilet",),
    "helmet": ("sports/cartoon/football_helmet_side", "clothes/armor/cartoon/knight_helmet"),
    "candle": ("seasonal/candle",),
    "kite": ("hobbies/kite",),
    "airplane": ("vehicles/flight/planes/747", "vehicles/flight/planes/plane"),
    "rocket": (
        "space/rocket5", "space/rocket1", "space/rocket2", "space/rocket3", "space/toyrocket",
    ),
    "trophy": ("sports/trophy_cup",),
    "tent": ("town/houses/cartoon/tent", "town/houses/cartoon/medieval_tent"),
    "castle": ("town/houses/cartoon/fairytale_castle",),
    "windmill": ("town/houses/cartoon/windmill",),
    "pyramid": ("town/monuments/cartoon/pyramid",),
    "flag": (
        "town/flags/redflag", "town/flags/greenflag", "town/flags/yellowflag",
        "town/flags/checkeredflag", "town/flags/blue-and-yellowflag", "town/flags/whiteflag",
    ),
    "car": (
        "vehicles/auto/sedan", "vehicles/auto/sportscar2", "vehicles/auto/sportscar",
        "vehicles/auto/sportscar3", "vehicles/auto/beetle",
    ),
    "truck": (
        "vehicles/iso_lorry1", "vehicles/iso_lorry2", "vehicles/iso_lorry3",
        "vehicles/iso_lorry4", "vehicles/blue_truck", "vehicles/auto/truck",
    ),
    "bus": (
        "vehicles/iso_bus", "vehicles/masstransit/cartoon/schoolbus",
        "vehicles/masstransit/green_korean_bus",
    ),
    "flower": (
        "plants/flowers/flower1", "plants/flowers/flower2", "plants/flowers/flower3",
        "plants/flowers/flower5", "plants/flowers/flower6", "plants/flowers/flower8",
        "plants/flowers/flower9", "plants/flowers/yellow-flower", "plants/flowers/anemone_red",
    ),
}  # fmt: skip

PLURALS = frozenset({"grapes", "scissors", "binoculars"})
"""Names above that are plurals already."""

MASSES = frozenset({"corn", "bread", "cheese", "pizza", "lettuce", "garlic", "broccoli"})
"""Names that take "some" in the singular."""
