"""Amounts as accountants write them, read to exact decimals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal, DefaultContext, getcontext
from typing import Literal

from diligence.errors import DiligenceError

# Bills carry 18 and more decimal places and years of them are added up: the 28 digits Python
# computes with by default would round such a sum.
getcontext().prec = DefaultContext.prec = 40

Locale = Literal["en", "eu"]
ZERO_MARKS = frozenset({"-", "–", "—", "−", "nil"})
MISSING_MARKS = frozenset(
    {"", "n/a", "n.a.", "na", "n.m.", "nm", "tbd", "n/d", "#n/a", "null", "none"}
)
SCALES = {
    "": Decimal(1),
    "k": Decimal(1_000),
    "m": Decimal(1_000_000),
    "bn": Decimal(1_000_000_000),
}
_CURRENCY_SIGNS = re.compile(r"US\$|RMB|CNY|USD|EUR|GBP|[$€£¥]", re.IGNORECASE)
_EU_DECISIVE = re.compile(r"\d{1,3}(\.\d{3})+,\d+|\d+,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3}){2,}")
_EN_DECISIVE = re.compile(r"\d{1,3}(,\d{3})+\.\d+|\d+\.(\d{1,2}|\d{4,})|\d{1,3}(,\d{3}){2,}")
_PLAIN = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?|\.\d+")
_GROUPED_EN = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_GROUPED_EU = re.compile(r"\d{1,3}([. ]\d{3})*(,\d+)?|\d+(,\d+)?")


class AmountError(DiligenceError):
    """A text that should be an amount is none."""


def parse_amount(text: str, *, locale: Locale = "en") -> Decimal | None:
    """Read one amount exactly.

    Parameters
    ----------
    text
        ``1,200.50``, ``(1,200)`` and ``1,200-`` and ``1,200 CR`` are negative, a lone dash is
        zero, ``n/a`` and an empty cell are missing.
    locale
        ``en`` for 1,234.56 and ``eu`` for 1.234,56 or 1 234,56.

    Returns
    -------
    Decimal or None
        None when the cell says that there is no figure; zero only when it says zero.

    Raises
    ------
    AmountError
        When the text is not an amount in this locale.

    Examples
    --------
    >>> parse_amount("(1,200)"), parse_amount("–"), parse_amount("n/a")
    (Decimal('-1200'), Decimal('0'), None)
    >>> parse_amount("1.234,56", locale="eu")
    Decimal('1234.56')
    """
    cleaned = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    if cleaned.lower() in MISSING_MARKS:
        return None
    if cleaned in ZERO_MARKS:
        return Decimal(0)
    bare, sign = _strip_sign(_CURRENCY_SIGNS.sub("", cleaned).strip())
    if bare in ZERO_MARKS:
        return Decimal(0)
    digits = _plain_digits(bare, locale)
    if digits is None:
        raise AmountError(f"{text!r} is not an amount such as {_example(locale)}")
    return sign * Decimal(digits)


def detect_locale(texts: Iterable[str]) -> Locale | None:
    """Tell which locale a file's amounts are written in.

    Returns None when the amounts do not tell. A lone ``1,200`` tells nothing by itself.

    Raises
    ------
    AmountError
        When some amounts can only be European and others only English.

    Examples
    --------
    >>> detect_locale(["1.234,56", "12"])
    'eu'
    >>> detect_locale(["1,200"]) is None
    True
    """
    seen: dict[Locale, str] = {}
    for text in texts:
        bare = _strip_sign(_CURRENCY_SIGNS.sub("", text.strip()).strip())[0]
        if _EU_DECISIVE.fullmatch(bare):
            seen.setdefault("eu", text)
        elif _EN_DECISIVE.fullmatch(bare):
            seen.setdefault("en", text)
    if len(seen) == 2:
        raise AmountError(
            f"both {seen['eu']!r} (decimal comma) and {seen['en']!r} (decimal point) in one file"
        )
    return next(iter(seen), None)


def format_amount(amount: Decimal, *, scale: str = "", places: int = 2) -> str:
    """Write an amount for a reader: thousands separated, rounded for display only.

    Examples
    --------
    >>> format_amount(Decimal("53440000"), scale="m")
    '53.44'
    """
    quantum = Decimal(1).scaleb(-places)
    shown = (amount / SCALES[scale]).quantize(quantum, rounding=ROUND_HALF_EVEN)
    return f"{shown:,}".replace("-", "\u2212")


def _strip_sign(text: str) -> tuple[str, int]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), -1
    if text.upper().endswith("CR"):
        return text[:-2].strip(), -1
    if text.upper().endswith("DR"):
        return text[:-2].strip(), 1
    if text[:1] in "-−–" and len(text) > 1:
        return text[1:].strip(), -1
    if text[-1:] in "-−" and len(text) > 1:
        return text[:-1].strip(), -1
    if text[:1] == "+":
        return text[1:].strip(), 1
    return text, 1


def _plain_digits(bare: str, locale: Locale) -> str | None:
    if locale == "eu" and _GROUPED_EU.fullmatch(bare):
        return bare.replace(".", "").replace(" ", "").replace(",", ".")
    if locale == "en" and _GROUPED_EN.fullmatch(bare):
        return bare.replace(",", "")
    if locale == "en" and _PLAIN.fullmatch(bare):
        return bare
    return None


def _example(locale: Locale) -> str:
    return "1,200.50 or (1,200.50)" if locale == "en" else "1.200,50 or (1.200,50)"
