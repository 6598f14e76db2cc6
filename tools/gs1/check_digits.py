"""Check digits and check characters of the GS1 keys (GS1 General Specifications §7.9)."""

from __future__ import annotations

# §7.11, table 7.11-1: the 82 characters that an application identifier's value may hold, in the order of their values.
_CHARACTER_SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CHECK_CHARACTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def check_digit(digits: str) -> int:
    """The GS1 mod-10 check digit for `digits`: weights 3 and 1 from the right (§7.9.1)."""
    weighted = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return -weighted % 10


def has_check_digit(digits: str) -> bool:
    """Whether the last of `digits` is the check digit of the others."""
    return check_digit(digits[:-1]) == int(digits[-1])


def has_check_pair(value: str) -> bool:
    """Whether a value ends in its two check characters, as a GMN does (§7.9.5)."""
    body, pair = value[:-2], value[-2:]
    if not body or len(body) > len(_PRIMES):
        return False
    total = sum(_CHARACTER_SET_82.index(c) * prime for c, prime in zip(reversed(body), _PRIMES, strict=False)) % 1021
    return pair == _CHECK_CHARACTERS[total // 32] + _CHECK_CHARACTERS[total % 32]
