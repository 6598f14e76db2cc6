"""The GS1 identification keys, and what each identifies (GS1 General Specifications §3)."""

from __future__ import annotations

from .errors import InvalidCodeError

# Application identifier: short name, what it identifies.
KEYS: dict[str, tuple[str, str]] = {
    "00": ("SSCC", "a logistic unit such as a pallet"),
    "01": ("GTIN", "a trade item"),
    "02": ("CONTENT", "the GTIN of trade items contained in a logistic unit, with their count in 37"),
    "03": ("MTO GTIN", "a made-to-order trade item"),
    "253": ("GDTI", "a document"),
    "255": ("GCN", "a coupon"),
    "401": ("GINC", "a consignment"),
    "402": ("GSIN", "a shipment"),
    "410": ("GLN", "the place or party that goods are shipped to"),
    "411": ("GLN", "the party that is billed"),
    "412": ("GLN", "the party that goods are purchased from"),
    "413": ("GLN", "the place or party that goods are forwarded to"),
    "414": ("GLN", "a physical location"),
    "415": ("GLN", "the party that is paid"),
    "416": ("GLN", "the place of production or service"),
    "417": ("GLN", "a party"),
    "8003": ("GRAI", "a returnable asset"),
    "8004": ("GIAI", "an individual asset"),
    "8006": ("ITIP", "a piece of a trade item"),
    "8010": ("CPID", "a component or part"),
    "8013": ("GMN", "a product model"),
    "8017": ("GSRN", "a provider of a service"),
    "8018": ("GSRN", "a recipient of a service"),
    "8026": ("ITIP CONTENT", "pieces of trade items contained in a logistic unit"),
    "8110": ("coupon", "a North American coupon"),
    "8112": ("coupon", "a North American paperless coupon"),
}

# GS1 Digital Link: URI Syntax 1.6.0 §4: primary keys and the sequences of qualifiers that each may have.
QUALIFIERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "00": (),
    "01": (("22", "10", "21"), ("235",)),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8003": (),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8013": (),
    "8017": (("8019",),),
    "8018": (("8019",),),
}

# The same section: what no query of a Digital Link may hold.
NEVER_ATTRIBUTES = frozenset(
    [
        "03",
        "21",
        "22",
        "235",
        "254",
        "7040",
        "7041",
        "8011",
        "8014",
        "8019",
        "8020",
        "8040",
        "8041",
        "8042",
        "8043",
        "8200",
    ]
)


def describe_key(ai: str) -> str:
    """A key's name, number and meaning: `an SSCC (00), which identifies ...`."""
    name, meaning = KEYS[ai]
    article = "an" if name in ("SSCC", "ITIP", "ITIP CONTENT", "MTO GTIN") else "a"
    if name == "CONTENT":
        return f"application identifier 02 (CONTENT): {meaning}"
    if name == "coupon":
        return f"{meaning} ({ai})"
    return f"{article} {name} ({ai}), which identifies {meaning}"


def other_key(ai: str, value: str) -> InvalidCodeError:
    """The error for an input that identifies something other than a trade item."""
    instead = "not a GTIN (01)" if ai in ("02", "03", "8006", "8026") else "not a trade item"
    contained = value[:14] if ai in ("02", "8006", "8026") else ""
    return InvalidCodeError("no_gtin", f"it is {describe_key(ai)}, {instead}", key=KEYS[ai][0], other=contained)
