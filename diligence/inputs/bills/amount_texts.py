"""Amounts written as text: the locale of the file, and their plain digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diligence.inputs.bills.cells import select_one
from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.layout import literal
from diligence.inputs.tables import shown
from diligence.units.money import MISSING_MARKS, ZERO_MARKS, Locale

if TYPE_CHECKING:
    import duckdb

_PLAIN = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
_BARE = r"[+-]?(\d+\.?\d*|\.\d+)"
_SIGNS = r"(US\$|RMB|CNY|USD|EUR|GBP|[$€£¥])"
_EN_DECISIVE = (
    r"\d{1,3}(,\d{3})+\.\d+|0*\.\d+|0+\.\d+|\d{4,}\.\d+|\d+\.(\d{1,2}|\d{4,})|"
    r"\d{1,3}(,\d{3}){2,}|[\d.]+E[+-]?\d+"
)
_EU_DECISIVE = (
    r"\d{1,3}(\.\d{3})+,\d+|0+,\d+|\d{4,},\d+|\d+,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3}){2,}|"
    r"\d{1,3}( \d{3})*,(\d{1,2}|\d{4,})"
)
_UNCLEAR = r"[1-9]\d{0,2}[.,]\d{3}"
_EN_GROUPED = r"\d{1,3}(,\d{3})+(\.\d+)?"
_EU_NUMBER = r"\d{1,3}([. ]\d{3})*(,\d+)?|\d+(,\d+)?"


def bare_sizes(
    con: duckdb.DuckDBPyConnection, texts: list[str], locale: Locale | None
) -> dict[str, tuple[int, int]]:
    """Digits before and behind the point, at most, where all amounts are written plainly.

    Empty when some amount has a sign, a separator or an exponent, or the point may be one for
    thousands: then the slower reading of ``plain_digits`` is needed.
    """
    if not texts or locale == "eu":
        return {}
    asked = []
    for x in texts:
        point = f"instr({x}, '.')"
        behind = f"CASE WHEN {point} > 0 THEN length({x}) - {point} END"
        asked += [
            f"coalesce(bool_and(regexp_full_match({x}, {literal(_BARE)})), true)",
            f"max(CASE WHEN {point} > 0 THEN {point} - 1 ELSE length({x}) END)",
            f"min({behind})",
            f"max({behind})",
        ]
    found = select_one(con, ", ".join(asked))
    places = {count for count in (*found[2::4], *found[3::4]) if count is not None}
    if not all(found[::4]) or (places == {3} and locale is None):
        return {}
    sizes = zip(found[1::4], found[3::4], strict=True)
    return {x: (d or 1, s or 0) for x, (d, s) in zip(texts, sizes, strict=True)}


def plain_digits(
    con: duckdb.DuckDBPyConnection, texts: list[str], locale: Locale | None
) -> dict[str, str]:
    """SQL giving the plain digits of each text amount: NULL is missing, '' is no amount.

    Raises
    ------
    UnreadableBillError
        When the locale of the file does not show, or two do.
    """
    if not texts:
        return {}
    found = select_one(
        con,
        ", ".join(
            f"coalesce(bool_and(regexp_full_match({x}, {literal(_PLAIN)})), true), "
            f"coalesce(bool_or(regexp_full_match({x}, {literal(_UNCLEAR)})), false), "
            f"coalesce(bool_or(regexp_full_match({_unsigned(x)}, {literal(_EN_DECISIVE)})), false)"
            for x in texts
        ),
    )
    odd = [text for text, is_plain in zip(texts, found[::3], strict=True) if not is_plain]
    if locale is None:
        locale = _locale(con, texts, odd, any(found[1::3]), any(found[2::3]))
    if locale == "en":
        return {x: _cleaned(x, locale) if x in odd else x for x in texts}
    return {x: _cleaned(x, locale) for x in texts}


def _locale(
    con: duckdb.DuckDBPyConnection, texts: list[str], odd: list[str], unclear: bool, en: bool
) -> Locale:
    """Decimal point or comma, told by the amounts that can be read one way only."""
    eu = {x: f"regexp_full_match({_unsigned(x)}, {literal(_EU_DECISIVE)})" for x in texts}
    seen = select_one(con, ", ".join(f"min({x}) FILTER ({eu[x]})" for x in odd)) if odd else ()
    commas = [text for text in seen if text is not None]
    if commas and en:
        found = f"{shown(commas[0])} (decimal comma) beside amounts with a decimal point"
        raise UnreadableBillError(found, "one way of writing amounts in a file")
    if commas:
        return "eu"
    unsure = [f"regexp_full_match({_unsigned(x)}, {literal(_UNCLEAR)})" for x in texts]
    if not en and (
        unclear or (odd and any(select_one(con, ", ".join(map("bool_or({})".format, unsure)))))
    ):
        picks = ", ".join(f"min({x}) FILTER ({u})" for x, u in zip(texts, unsure, strict=True))
        example = next(text for text in select_one(con, picks) if text is not None)
        found = f"amounts such as {shown(example)}, with a decimal or a thousands sign"
        raise UnreadableBillError(found, "locale: en or locale: eu in mapping.yaml, under bills")
    return "en"


def _unsigned(x: str) -> str:
    bare = f"regexp_replace(upper(trim({x})), {literal(_SIGNS)}, '', 'g')"
    return f"regexp_replace({bare}, '^[\\s(+−–-]+|[\\s)−-]+$|\\s*(CR|DR)$', '', 'g')"


def _cleaned(x: str, locale: Locale) -> str:
    """Plain digits with a sign; NULL for a missing amount, '' for what is no amount."""
    spaced = f"replace(replace({x}, chr(160), ' '), chr(8239), ' ')"
    bare = f"trim(regexp_replace(upper(trim({spaced})), {literal(_SIGNS)}, '', 'g'))"
    inner = (
        "CASE WHEN b LIKE '(%)' THEN trim(b[2:-2]) "
        "WHEN b LIKE '%CR' OR b LIKE '%DR' THEN trim(b[:-3]) "
        "WHEN b[1] IN ('-', '−', '–', '+') THEN trim(b[2:]) "
        "WHEN b[-1] IN ('-', '−') THEN trim(b[:-2]) ELSE b END"
    )
    minus = (
        "CASE WHEN b LIKE '(%)' OR b LIKE '%CR' THEN '-' WHEN b LIKE '%DR' THEN '' "
        "WHEN b[1] IN ('-', '−', '–') THEN '-' WHEN b[1] = '+' THEN '' "
        "WHEN b[-1] IN ('-', '−') THEN '-' ELSE '' END"
    )
    if locale == "en":
        number = (
            f"CASE WHEN regexp_full_match(d, {literal(_EN_GROUPED)}) THEN replace(d, ',', '') "
            f"WHEN regexp_full_match(d, {literal(_PLAIN[5:])}) THEN d ELSE '' END"
        )
    else:
        number = (
            f"CASE WHEN regexp_full_match(d, {literal(_EU_NUMBER)}) THEN "
            "replace(replace(replace(d, '.', ''), ' ', ''), ',', '.') ELSE '' END"
        )
    missing = ", ".join(map(literal, sorted(MISSING_MARKS)))
    zero = ", ".join(literal(mark.upper()) for mark in sorted(ZERO_MARKS))
    steps = (
        f"list_transform([{bare}], lambda b: CASE WHEN b IN ({zero}) THEN '0' ELSE "
        f"list_transform([{inner}], lambda d: list_transform([{number}], "
        f"lambda n: CASE WHEN n = '' THEN '' ELSE {minus} || n END)[1])[1] END)[1]"
    )
    return f"CASE WHEN {x} IS NULL OR lower(trim({x})) IN ({missing}) THEN NULL ELSE {steps} END"
