"""The sandbox's catalog: names, brands, ingredients and places, the same at every start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True)
class Kind:
    """A kind of product; every variant comes in every size and from every brand.

    `recipes` holds the ingredients of the variants that differ from the others.
    """

    name: str
    variants: tuple[str, ...]
    sizes: tuple[str, ...]
    cents: int
    brick: str
    ingredients: tuple[str, ...]
    recipes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def ingredients_of(self, variant: str) -> tuple[str, ...]:
        """The ingredients of a variant."""
        return self.recipes.get(variant, self.ingredients)


# The words of ingredients that contain an allergen.
_ALLERGENS = {
    "peanuts": r"peanut",
    "tree nuts": r"almond|pecan|hazelnut",
    "gluten": r"(?<!gluten-free )(?:oat|wheat|durum|spelt|rye)",
    "milk": r"milk",
    "soy": r"soy",
    "sesame": r"sesame|tahini",
}


@cache
def allergens_in(*ingredients: str) -> tuple[str, ...]:
    """The major allergens that ingredients contain."""
    text = ", ".join(ingredients)
    return tuple(allergen for allergen, words in _ALLERGENS.items() if re.search(rf"\b(?:{words})", text))


BRANDS = (
    "Harbour & Pine",
    "Cascadia Pantry",
    "Juan de Fuca Foods",
    "Oak Bay Kitchen",
    "Sooke Harvest",
    "Northern Lantern",
    "Garry Oak Co-op",
    "Salish Mills",
)

ORIGINS = ("CA", "US", "IT", "MX", "GB", "FR")

SOURCES = ("claimed", "imported", "open_food_facts", "crowd_sourced", "brand_site_crawl")

KINDS = (
    Kind("Peanut Butter", ("smooth", "crunchy", "unsalted", "with honey"), ("500 g", "1 kg"), 699,
         "10000043", ("peanuts", "sea salt"),
         {"unsalted": ("peanuts",), "with honey": ("peanuts", "honey", "sea salt")}),
    Kind("Almond Butter", ("smooth", "crunchy", "roasted", "with cocoa"), ("250 g", "500 g"), 1099,
         "10000043", ("almonds", "sea salt"), {"with cocoa": ("almonds", "cocoa", "sea salt")}),
    Kind("Trail Mix", ("original", "tropical", "with dark chocolate", "salted nuts"), ("250 g", "600 g"), 649,
         "10000046", ("peanuts", "raisins", "almonds", "sunflower seeds"),
         {"tropical": ("peanuts", "mango", "almonds", "coconut"),
          "with dark chocolate": ("peanuts", "dark chocolate (cocoa mass, cane sugar, soy lecithin)", "almonds"),
          "salted nuts": ("peanuts", "almonds", "sea salt")}),
    Kind("Granola", ("maple pecan", "honey oat", "cranberry", "cocoa"), ("350 g", "750 g"), 599,
         "10000238", ("oats", "maple syrup", "pecans", "sunflower oil"),
         {"honey oat": ("oats", "honey", "sunflower oil"),
          "cranberry": ("oats", "maple syrup", "cranberries", "sunflower oil"),
          "cocoa": ("oats", "cane sugar", "cocoa", "sunflower oil")}),
    Kind("Rolled Oats", ("quick", "large flake", "steel cut", "gluten free"), ("900 g", "2 kg"), 449,
         "10000238", ("oats",), {"gluten free": ("gluten-free oats",)}),
    Kind("Oat Drink", ("plain", "unsweetened", "barista", "vanilla"), ("1 L", "1.75 L"), 399,
         "10000201", ("water", "oats", "rapeseed oil", "sea salt"),
         {"vanilla": ("water", "oats", "rapeseed oil", "vanilla", "sea salt")}),
    Kind("Almond Drink", ("plain", "unsweetened", "vanilla", "chocolate"), ("946 mL", "1.89 L"), 429,
         "10000201", ("water", "almonds", "sea salt"),
         {"vanilla": ("water", "almonds", "vanilla", "sea salt"),
          "chocolate": ("water", "almonds", "cane sugar", "cocoa")}),
    Kind("Soy Drink", ("plain", "unsweetened", "vanilla", "chocolate"), ("946 mL", "1.89 L"), 379,
         "10000201", ("water", "soybeans", "sea salt"),
         {"vanilla": ("water", "soybeans", "vanilla", "sea salt"),
          "chocolate": ("water", "soybeans", "cane sugar", "cocoa")}),
    Kind("Whole Milk", ("3.25 %", "lactose free", "grass fed", "homogenised"), ("1 L", "2 L"), 349,
         "10000025", ("milk",), {"lactose free": ("milk", "lactase")}),
    Kind("Yogurt", ("plain", "vanilla", "strawberry", "lemon"), ("500 g", "750 g"), 479,
         "10000030", ("milk", "live cultures"),
         {"vanilla": ("milk", "cane sugar", "vanilla", "live cultures"),
          "strawberry": ("milk", "strawberries", "cane sugar", "live cultures"),
          "lemon": ("milk", "cane sugar", "lemon juice", "live cultures")}),
    Kind("Cheddar", ("mild", "medium", "old", "smoked"), ("200 g", "400 g"), 749,
         "10000028", ("milk", "salt", "rennet")),
    Kind("Tofu", ("soft", "firm", "extra firm", "smoked"), ("300 g", "454 g"), 399,
         "10000276", ("soybeans", "water", "nigari")),
    Kind("Sourdough Bread", ("white", "whole wheat", "rye", "seeded"), ("450 g", "800 g"), 599,
         "10000163", ("wheat flour", "water", "salt"),
         {"whole wheat": ("whole wheat flour", "water", "salt"),
          "rye": ("rye flour", "wheat flour", "water", "salt"),
          "seeded": ("wheat flour", "water", "sesame seeds", "sunflower seeds", "salt")}),
    Kind("Crackers", ("sea salt", "rosemary", "black pepper", "sesame"), ("150 g", "300 g"), 429,
         "10000161", ("wheat flour", "sunflower oil", "salt"),
         {"rosemary": ("wheat flour", "sunflower oil", "rosemary", "salt"),
          "black pepper": ("wheat flour", "sunflower oil", "black pepper", "salt"),
          "sesame": ("wheat flour", "sunflower oil", "sesame seeds", "salt")}),
    Kind("Tortilla Chips", ("plain", "lime", "blue corn", "smoky chili"), ("240 g", "400 g"), 449,
         "10000050", ("corn", "sunflower oil", "salt"),
         {"lime": ("corn", "sunflower oil", "salt", "lime juice"),
          "blue corn": ("blue corn", "sunflower oil", "salt"),
          "smoky chili": ("corn", "sunflower oil", "salt", "chilies", "smoked paprika")}),
    Kind("Salsa", ("mild", "medium", "hot", "verde"), ("430 mL", "750 mL"), 529,
         "10000057", ("tomatoes", "onions", "chilies", "salt"),
         {"verde": ("tomatillos", "onions", "chilies", "salt")}),
    Kind("Hummus", ("classic", "roasted garlic", "beetroot", "lemon"), ("227 g", "454 g"), 499,
         "10000057", ("chickpeas", "tahini", "lemon juice", "garlic"),
         {"beetroot": ("chickpeas", "beetroot", "tahini", "lemon juice", "garlic")}),
    Kind("Chickpeas", ("in water", "low salt", "dried", "roasted"), ("398 mL", "796 mL"), 229,
         "10000270", ("chickpeas", "water"),
         {"low salt": ("chickpeas", "water", "salt"), "dried": ("chickpeas",),
          "roasted": ("chickpeas", "sunflower oil", "salt")}),
    Kind("Black Beans", ("in water", "low salt", "dried", "refried"), ("398 mL", "796 mL"), 219,
         "10000270", ("black beans", "water"),
         {"low salt": ("black beans", "water", "salt"), "dried": ("black beans",),
          "refried": ("black beans", "water", "sunflower oil", "salt")}),
    Kind("Red Lentils", ("split", "whole", "sprouted", "ready to eat"), ("450 g", "900 g"), 389,
         "10000270", ("red lentils",), {"ready to eat": ("red lentils", "water", "salt")}),
    Kind("Basmati Rice", ("white", "brown", "smoked", "extra long"), ("907 g", "4 kg"), 799,
         "10000239", ("basmati rice",)),
    Kind("Spaghetti", ("durum wheat", "whole wheat", "spelt", "gluten free"), ("410 g", "900 g"), 299,
         "10000241", ("durum wheat semolina",),
         {"whole wheat": ("whole wheat flour",), "spelt": ("spelt flour",),
          "gluten free": ("corn flour", "rice flour")}),
    Kind("Tomato Sauce", ("basil", "roasted garlic", "arrabbiata", "no salt added"), ("398 mL", "650 mL"), 449,
         "10000280", ("tomatoes", "olive oil", "basil", "salt"),
         {"roasted garlic": ("tomatoes", "olive oil", "garlic", "salt"),
          "arrabbiata": ("tomatoes", "olive oil", "chilies", "garlic", "salt"),
          "no salt added": ("tomatoes", "olive oil", "basil")}),
    Kind("Olive Oil", ("extra virgin", "mild", "lemon", "unfiltered"), ("500 mL", "1 L"), 1399,
         "10000040", ("olive oil",), {"lemon": ("olive oil", "lemon oil")}),
    Kind("Maple Syrup", ("golden", "amber", "dark", "very dark"), ("250 mL", "540 mL"), 1199,
         "10000045", ("maple syrup",)),
    Kind("Honey", ("wildflower", "clover", "creamed", "fireweed"), ("375 g", "1 kg"), 999,
         "10000045", ("honey",)),
    Kind("Strawberry Jam", ("smooth", "with pieces", "less sugar", "with rhubarb"), ("250 mL", "500 mL"), 549,
         "10000044", ("strawberries", "cane sugar", "pectin"),
         {"with rhubarb": ("strawberries", "rhubarb", "cane sugar", "pectin")}),
    Kind("Dark Chocolate", ("70 %", "85 %", "with sea salt", "with hazelnuts"), ("85 g", "200 g"), 449,
         "10000047", ("cocoa mass", "cane sugar", "cocoa butter", "soy lecithin"),
         {"with sea salt": ("cocoa mass", "cane sugar", "cocoa butter", "sea salt", "soy lecithin"),
          "with hazelnuts": ("cocoa mass", "cane sugar", "hazelnuts", "cocoa butter", "soy lecithin")}),
    Kind("Ground Coffee", ("light roast", "medium roast", "dark roast", "decaf"), ("340 g", "907 g"), 1499,
         "10000115", ("coffee",)),
    Kind("Green Tea", ("sencha", "jasmine", "mint", "matcha"), ("20 bags", "50 bags"), 629,
         "10000116", ("green tea",),
         {"jasmine": ("green tea", "jasmine blossoms"), "mint": ("green tea", "peppermint")}),
    Kind("Apple Juice", ("clear", "cloudy", "with ginger", "from concentrate"), ("1 L", "2 L"), 429,
         "10000220", ("apples",),
         {"with ginger": ("apples", "ginger"), "from concentrate": ("water", "apple juice concentrate")}),
    Kind("Sparkling Water", ("plain", "lime", "grapefruit", "peach"), ("1 L", "8 x 355 mL"), 199,
         "10000232", ("carbonated water", "natural flavour"), {"plain": ("carbonated water",)}),
    Kind("Risotto Rice with Mushrooms", (), (), 599,
         "10000239", ("risotto rice", "dried mushrooms", "vegetable stock powder", "onions", "salt")),
)  # fmt: skip

# GTIN, brand and name of products that Closient's documentation uses.
FIXED = (
    ("09506000134352", "Dal Giardino", "Risotto Rice with Mushrooms, 411 g"),
    ("00012345678905", "Cascadia Pantry", "Trail Mix, original, 200 g"),
    ("00614141123452", "Harbour & Pine", "Organic Peanut Butter, smooth, 400 g"),
)

STREETS = (
    "Fort Street", "Cook Street", "Douglas Street", "Government Street", "Oak Bay Avenue",
    "Quadra Street", "Shelbourne Street", "Hillside Avenue", "Gorge Road", "Esquimalt Road",
)  # fmt: skip

CHAINS = ("Fairfield Market", "Island Grocer", "The Root Cellar", "Lifestyle Foods")

# Place, latitude, longitude, number of stores.
PLACES = (
    ("Victoria", 48.4284, -123.3656, 22),
    ("Saanich", 48.4840, -123.3810, 8),
    ("Langford", 48.4474, -123.4951, 4),
    ("Sidney", 48.6506, -123.3986, 4),
    ("Duncan", 48.7787, -123.7079, 2),
    ("Vancouver", 49.2827, -123.1207, 5),
)
