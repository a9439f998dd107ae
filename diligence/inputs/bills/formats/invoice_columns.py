"""Finds what a column of an invoice means, however its header is spelt."""

from __future__ import annotations

import re
from collections.abc import Iterable

from diligence.inputs.bills.layout import Header

_CODES = ("usd", "eur", "gbp", "chf", "cad", "aud", "jpy", "sgd", "inr", "cny", "sek", "nok", "dkk")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"us\$|[a-z0-9%]+")
_SPELT = {"us$": "usd", "hr": "hour", "hrs": "hour", "hours": "hour", "gpus": "gpu", "no": "number"}
_IGNORED = ("in", "the", "utc")


def words_of(name: str) -> tuple[tuple[str, ...], str]:
    """Words of a header without its currency, and the currency in upper case.

    Words that change the scale, such as ``cents`` or ``k``, stay, so that the column is not taken
    for one in whole units. A dollar sign alone names no currency.

    Examples
    --------
    >>> words_of("Rate (USD/hr)"), words_of("GpuHours"), words_of("Amount (cents)")
    ((('rate', 'hour'), 'USD'), (('gpu', 'hour'), ''), (('amount', 'cents'), ''))
    """
    found = _WORD.findall(_CAPITAL.sub(" ", name).lower())
    words = [_SPELT.get(word, word) for word in found if word not in _IGNORED]
    codes = [word.upper() for word in words if word in _CODES]
    return tuple(word for word in words if word not in _CODES), codes[0] if codes else ""


def column_of(header: Header, spellings: Iterable[str]) -> str | None:
    """Column of the file with the first of the spellings; None when it has none.

    Examples
    --------
    >>> column_of(Header(["Item", "Unit Price (EUR)"]), ("rate", "unit price"))
    'Unit Price (EUR)'
    """
    known: dict[tuple[str, ...], str] = {}
    for name in header.names:
        known.setdefault(words_of(name)[0], name)
    return next((known[key] for key in map(_key, spellings) if key in known), None)


def currency_of(name: str | None) -> str:
    """Currency that a header names in itself; empty when it names none.

    Examples
    --------
    >>> currency_of("Amount (USD)"), currency_of("Amount ($)"), currency_of(None)
    ('USD', '', '')
    """
    return words_of(name)[1] if name else ""


def spelt_in_files(spellings: Iterable[str]) -> tuple[str, ...]:
    """Spellings with blanks, underscores, hyphens and in one word.

    Examples
    --------
    >>> spelt_in_files(["gpu hours"])
    ('gpu hours', 'gpu_hours', 'gpu-hours', 'gpuhours')
    """
    signs = (" ", "_", "-", "")
    return tuple(dict.fromkeys(s.replace(" ", sign) for s in spellings for sign in signs))


def _key(spelling: str) -> tuple[str, ...]:
    return words_of(spelling)[0]
