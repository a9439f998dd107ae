"""Selectors: which lines of a ledger or a bill a ruling or a driver speaks about."""

from __future__ import annotations

from collections.abc import Callable

from diligence.inputs.yaml_files import near_match

Selector = tuple[tuple[str, str], ...]
SHARED_FIELDS = ("text", "project", "period", "file", "row")
LEDGER_FIELDS = ("account", "code", "vendor", "department", "segment")
BILL_FIELDS = ("supplier", "service", "usage_type", "operation", "resource", "tags", "kind")
SELECTOR_FIELDS = (*LEDGER_FIELDS, *SHARED_FIELDS, *BILL_FIELDS)
SELECTOR_EXAMPLE = "field=value pairs joined by ' & ', such as account=AWS & period=2025Q3"
ANY_REST = "*"


def parse_selector(text: str) -> Selector:
    """Split a selector into its field and value pairs, sorted by field.

    A value that ends in ``*`` is a prefix. Fields are those of the ledger or those of bills;
    ``text``, ``project``, ``period``, ``file`` and ``row`` belong to both.

    Raises
    ------
    ValueError
        Naming what is needed, when the text is no selector.

    Examples
    --------
    >>> parse_selector("vendor=OpenAI & period=2025Q3")
    (('period', '2025Q3'), ('vendor', 'OpenAI'))
    """
    pairs: dict[str, str] = {}
    for part in text.split(" & "):
        field, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not field or not value:
            raise ValueError(SELECTOR_EXAMPLE)
        if field not in SELECTOR_FIELDS:
            raise ValueError(f"a field: {near_match(field, SELECTOR_FIELDS)}")
        if field in pairs:
            raise ValueError(f"the field {field!r} once")
        if field == "row" and not value.isdecimal():
            raise ValueError("a row number such as row=12")
        if value == ANY_REST:
            raise ValueError(f"a value, or the start of one such as {field}=gpt-4{ANY_REST}")
        pairs[field] = value
    _require_one_kind(pairs)
    return tuple(sorted(pairs.items()))


def selector_text(selector: Selector) -> str:
    """Write a parsed selector the same way however it was typed.

    Examples
    --------
    >>> selector_text(parse_selector("vendor=OpenAI &  code=6400"))
    'code=6400 & vendor=OpenAI'
    """
    return " & ".join(f"{field}={value}" for field, value in selector)


def selects(selector: Selector, field_of: Callable[[str], str]) -> bool:
    """Tell whether every pair describes a line, whose fields ``field_of`` gives; case is ignored.

    Examples
    --------
    >>> line = {"service": "Amazon Bedrock"}
    >>> selects((("service", "amazon*"),), lambda field: line.get(field, ""))
    True
    """
    return all(_is_like(field_of(field), value) for field, value in selector)


def _is_like(actual: str, wanted: str) -> bool:
    actual, wanted = actual.strip().casefold(), wanted.casefold()
    if wanted.endswith(ANY_REST):
        return actual.startswith(wanted.removesuffix(ANY_REST))
    return actual == wanted


def _require_one_kind(pairs: dict[str, str]) -> None:
    of_ledger = next((field for field in pairs if field in LEDGER_FIELDS), "")
    of_bills = next((field for field in pairs if field in BILL_FIELDS), "")
    if of_ledger and of_bills:
        raise ValueError(
            f"fields of the ledger ({of_ledger}) or of bills ({of_bills}), not both in one selector"
        )
