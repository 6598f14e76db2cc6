"""Which application identifiers belong with which (GS1 Barcode Syntax Dictionary, `req`)."""

from __future__ import annotations

from collections.abc import Collection

# What is required, as alternatives whose parts all have to be there; then what requires it. A trailing n is any digit,
# unless a longer name fits.
_REQUIRED = (
    ("00", "403 430n 431n 432n 433n 7041"),
    ("00,01", "33nn 34nn 353n 354n 355n 362n 363n 367n 368n 369n"),
    ("00,01,03", "8009"),
    ("00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018", "8030"),
    ("00+02,00+8026", "37"),
    ("01", "22 235 337n 710 711 712 713 714 715 716 717 8001 8014 8200"),
    ("01,02", "30 31nn 32nn 35nn 36nn 7002 7005 7006 7007 7008 7009 703n 8005"),
    ("01,02,03", "423 424 425 426 7003 7010 7011 8008"),
    ("01,02,03,255,8006,8026", "17"),
    ("01,02,03,8006,8026", "10 11 13 15 16 20 240 241 422"),
    ("01,02,8006,8026", "242 7001"),
    ("01,03", "243"),
    ("01,03,8006", "21 251 7021 8012"),
    ("01,8004", "723n"),
    ("01,8006", "7240"),
    ("01+10,03+10", "7004"),
    ("01+21", "8040"),
    ("01+21+8040", "8041 8042 8043"),
    ("01+21,03+21,8006+21", "250"),
    ("01+30,01+31nn,01+32nn,01+35nn,01+36nn", "392n"),
    ("01+416,03+416,8006+416", "7020"),
    ("01+422,02+422,03+422", "427"),
    ("01+7021,03+7021,8006+7021", "7022"),
    ("255", "394n 8111"),
    ("255,8020", "390n"),
    ("30,31nn,32nn,35nn,36nn", "393n 395n"),
    ("37", "02 8026"),
    ("414", "254"),
    ("415", "8007 8020"),
    ("4302", "4303"),
    ("4312", "4313"),
    ("8010", "8011"),
    ("8017,8018", "7241 7242 7253 7254 7255 7256 8019"),
    ("8018", "7250 7251 7252 7257 7259"),
    ("8018+7259", "7258"),
    ("8020", "12 391n 415"),
)

_REQUIRED_BY = {name: required for required, names in _REQUIRED for name in names.split()}


def missing_associations(ais: Collection[str]) -> dict[str, list[str]]:
    """The identifiers that lack what they belong with, by what that is: `{"(01) and (21)": ["8040"]}`.

    It's no error: the rest may be in another barcode on the same item.
    """
    names = {name for ai in ais for name in _names(ai)}
    lacking: dict[str, list[str]] = {}
    for ai in dict.fromkeys(ais):
        required = next((_REQUIRED_BY[name] for name in _names(ai) if name in _REQUIRED_BY), "")
        if required and not any(names.issuperset(alternative.split("+")) for alternative in required.split(",")):
            lacking.setdefault(_described(required), []).append(ai)
    return lacking


def _names(ai: str) -> tuple[str, ...]:
    """The names that an identifier has in the table, the longest first."""
    return (ai, f"{ai[:3]}n", f"{ai[:2]}nn") if len(ai) == 4 else (ai,)


def _described(required: str) -> str:
    alternatives = [" and ".join(f"({ai})" for ai in part.split("+")) for part in required.split(",")]
    return " or ".join(filter(None, [", ".join(alternatives[:-1]), alternatives[-1]]))
