"""The sandbox's catalog: names, brands, ingredients and places, the same at every start."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of product; every variant comes in every size and from several brands."""

    name: str
    variants: tuple[str, ...]
    sizes: tuple[str, ...]
    cents: int
    brick: str
    ingredients: tuple[str, ...]
    allergens: tuple[str, ...] = ()


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
         "10000043", ("peanuts", "sea salt"), ("peanuts",)),
    Kind("Almond Butter", ("smooth", "crunchy", "roasted", "with cocoa"), ("250 g", "500 g"), 1099,
         "10000043", ("almonds", "sea salt"), ("tree nuts",)),
    Kind("Trail Mix", ("original", "tropical", "with dark chocolate", "salted nuts"), ("250 g", "600 g"), 649,
         "10000046", ("peanuts", "raisins", "almonds", "sunflower seeds"), ("peanuts", "tree nuts")),
    Kind("Granola", ("maple pecan", "honey oat", "cranberry", "cocoa"), ("350 g", "750 g"), 599,
         "10000238", ("oats", "maple syrup", "pecans", "sunflower oil"), ("gluten", "tree nuts")),
    Kind("Rolled Oats", ("quick", "large flake", "steel cut", "gluten free"), ("900 g", "2 kg"), 449,
         "10000238", ("oats",)),
    Kind("Oat Drink", ("plain", "unsweetened", "barista", "vanilla"), ("1 L", "1.75 L"), 399,
         "10000201", ("water", "oats", "rapeseed oil", "sea salt"), ("gluten",)),
    Kind("Almond Drink", ("plain", "unsweetened", "vanilla", "chocolate"), ("946 mL", "1.89 L"), 429,
         "10000201", ("water", "almonds", "sea salt"), ("tree nuts",)),
    Kind("Soy Drink", ("plain", "unsweetened", "vanilla", "chocolate"), ("946 mL", "1.89 L"), 379,
         "10000201", ("water", "soybeans", "sea salt"), ("soy",)),
    Kind("Whole Milk", ("3.25 %", "lactose free", "grass fed", "homogenised"), ("1 L", "2 L"), 349,
         "10000025", ("milk",), ("milk",)),
    Kind("Yogurt", ("plain", "vanilla", "strawberry", "lemon"), ("500 g", "750 g"), 479,
         "10000030", ("milk", "live cultures"), ("milk",)),
    Kind("Cheddar", ("mild", "medium", "old", "smoked"), ("200 g", "400 g"), 749,
         "10000028", ("milk", "salt", "rennet"), ("milk",)),
    Kind("Tofu", ("soft", "firm", "extra firm", "smoked"), ("300 g", "454 g"), 399,
         "10000276", ("soybeans", "water", "nigari"), ("soy",)),
    Kind("Sourdough Bread", ("white", "whole wheat", "rye", "seeded"), ("450 g", "800 g"), 599,
         "10000163", ("wheat flour", "water", "salt"), ("gluten",)),
    Kind("Crackers", ("sea salt", "rosemary", "black pepper", "sesame"), ("150 g", "300 g"), 429,
         "10000161", ("wheat flour", "sunflower oil", "salt"), ("gluten", "sesame")),
    Kind("Tortilla Chips", ("plain", "lime", "blue corn", "smoky chili"), ("240 g", "400 g"), 449,
         "10000050", ("corn", "sunflower oil", "salt")),
    Kind("Salsa", ("mild", "medium", "hot", "verde"), ("430 mL", "750 mL"), 529,
         "10000057", ("tomatoes", "onions", "chilies", "salt")),
    Kind("Hummus", ("classic", "roasted garlic", "beetroot", "lemon"), ("227 g", "454 g"), 499,
         "10000057", ("chickpeas", "tahini", "lemon juice", "garlic"), ("sesame",)),
    Kind("Chickpeas", ("in water", "low salt", "dried", "roasted"), ("398 mL", "796 mL"), 229,
         "10000270", ("chickpeas", "water")),
    Kind("Black Beans", ("in water", "low salt", "dried", "refried"), ("398 mL", "796 mL"), 219,
         "10000270", ("black beans", "water")),
    Kind("Red Lentils", ("split", "whole", "sprouted", "ready to eat"), ("450 g", "900 g"), 389,
         "10000270", ("red lentils",)),
    Kind("Basmati Rice", ("white", "brown", "smoked", "extra long"), ("907 g", "4 kg"), 799,
         "10000239", ("rice",)),
    Kind("Spaghetti", ("durum wheat", "whole wheat", "spelt", "gluten free"), ("410 g", "900 g"), 299,
         "10000241", ("durum wheat semolina",), ("gluten",)),
    Kind("Tomato Sauce", ("basil", "roasted garlic", "arrabbiata", "no salt added"), ("398 mL", "650 mL"), 449,
         "10000280", ("tomatoes", "olive oil", "basil", "salt")),
    Kind("Olive Oil", ("extra virgin", "mild", "lemon", "unfiltered"), ("500 mL", "1 L"), 1399,
         "10000040", ("olive oil",)),
    Kind("Maple Syrup", ("golden", "amber", "dark", "very dark"), ("250 mL", "540 mL"), 1199,
         "10000045", ("maple syrup",)),
    Kind("Honey", ("wildflower", "clover", "creamed", "fireweed"), ("375 g", "1 kg"), 999,
         "10000045", ("honey",)),
    Kind("Strawberry Jam", ("smooth", "with pieces", "less sugar", "with rhubarb"), ("250 mL", "500 mL"), 549,
         "10000044", ("strawberries", "cane sugar", "pectin")),
    Kind("Dark Chocolate", ("70 %", "85 %", "with sea salt", "with hazelnuts"), ("85 g", "200 g"), 449,
         "10000047", ("cocoa mass", "cane sugar", "cocoa butter"), ("soy",)),
    Kind("Ground Coffee", ("light roast", "medium roast", "dark roast", "decaf"), ("340 g", "907 g"), 1499,
         "10000115", ("coffee",)),
    Kind("Green Tea", ("sencha", "jasmine", "mint", "matcha"), ("20 bags", "50 bags"), 629,
         "10000116", ("green tea",)),
    Kind("Apple Juice", ("clear", "cloudy", "with ginger", "from concentrate"), ("1 L", "2 L"), 429,
         "10000220", ("apples",)),
    Kind("Sparkling Water", ("plain", "lime", "grapefruit", "peach"), ("1 L", "8 x 355 mL"), 199,
         "10000232", ("carbonated water", "natural flavour")),
)  # fmt: skip

FIXED = (
    ("09506000134352", "Dal Giardino", "Risotto Rice with Mushrooms, 411 g", 21),
    ("00012345678905", "Cascadia Pantry", "Trail Mix, original, 200 g", 2),
    ("00614141123452", "Harbour & Pine", "Organic Peanut Butter, smooth, 400 g", 0),
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
