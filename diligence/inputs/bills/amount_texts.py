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

    Empty when some amount has brackets, a separator or a currency, or when the point may be one
    for thousands: then the slower reading of ``plain_digits`` is needed.
    """
    if not texts or locale == "eu":
        return {}
    asked = []
    for x in texts:
        point = f"instr({x}, '.')"
        is_bare = f"regexp_full_match({x}, {literal(_BARE)})"
        behind = f"CASE WHEN {point} > 0 THEN length({x}) - {point} END"
        asked += [
            f"coalesce(bool_and({is_bare}), true)",
            f"max(CASE WHEN {point} > 0 THEN {point} - 1 ELSE length({x}) END)",
            f"min({behind})",
            f"max({behind})",
        ]
    found = select_one(con, ", ".join(asked))
    places = {count for count in (*found[2::4], *found[3::4]) if count is not None}
    if places == {3} and locale is None:
        return {}
    sizes = zip(texts, found[::4], found[1::4], found[3::4], strict=True)
    known = {}
    for x, is_bare, digits, behind in sizes:
        exponents = (0, 0) if is_bare else _exponents(con, x)
        if exponents is None:
            return {}
        known[x] = (max(digits or 1, exponents[0]), max(behind or 0, exponents[1]))
    return known


def _exponents(con: duckdb.DuckDBPyConnection, x: str) -> tuple[int, int] | None:
    """Digits of the amounts with an exponent; None when others are not plain either."""
    odd = f"NOT regexp_full_match({x}, {literal(_BARE)})"
    is_plain, *size = select_one(
        con, f"bool_and(regexp_full_match({x}, {literal(_PLAIN)})), {digits_of(x)}", odd
    )
    return (size[0], size[1]) if is_plain else None


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


def digits_of(text: str) -> str:
    """SQL of the most digits before the point, the most behind it, and the number of rows."""
    mantissa = f"split_part(lower({text}), 'e', 1)"
    whole = f"length(ltrim(split_part({mantissa}, '.', 1), '+-0'))"
    digits = f"greatest({whole} + greatest({_exponent(text)}, 0), 0)"
    return f"max({digits}), max({decimals_of(text)}), count(*)"


def decimals_of(text: str) -> str:
    """SQL of the digits behind the point of a plain number, without trailing zeros."""
    mantissa = f"split_part(lower({text}), 'e', 1)"
    behind = f"length(rtrim(split_part({mantissa}, '.', 2), '0'))"
    return f"greatest({behind} - {_exponent(text)}, 0)"


def _exponent(text: str) -> str:
    return f"coalesce(TRY_CAST(nullif(split_part(lower({text}), 'e', 2), '') AS INTEGER), 0)"
