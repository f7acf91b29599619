"""Identifiers in the provider's style: a prefix and base-62 characters, random or derived from a text."""

import hashlib
import os
import random

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_random = random.Random(os.urandom(16))


def random_text(length: int) -> str:
    return "".join(_random.choices(_ALPHABET, k=length))


def random_digits(length: int) -> str:
    return "".join(_random.choices("0123456789", k=length))


def new_id(prefix: str, length: int = 24) -> str:
    """For example `new_id("pi")` -> `pi_3Qk…`: the prefix, an underscore, `length` random characters."""
    return f"{prefix}_{random_text(length)}"


def derived_text(seed: str, length: int = 16) -> str:
    """The same characters for the same seed, on every machine and run; at most 40 characters."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    characters = []
    for _ in range(length):
        number, index = divmod(number, 62)
        characters.append(_ALPHABET[index])
    return "".join(characters)
