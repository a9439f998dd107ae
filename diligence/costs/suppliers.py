"""Names of suppliers: one name for what bills and books write in many ways."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from diligence.costs.phrases import Phrases, fold, phrases
from diligence.inputs.deal import LedgerLine
from diligence.resources import resource_path


@dataclass(frozen=True)
class _Alias:
    name: str
    words: Phrases
    unless: Phrases


def supplier_of(text: str) -> str:
    """Common name of the supplier a text names; the text itself when it is not a known one.

    Examples
    --------
    >>> supplier_of("Amazon Web Services, Inc."), supplier_of("Acme GPUs")
    ('AWS', 'Acme GPUs')
    """
    return known_supplier(text) or text.strip()


def booked_supplier(line: LedgerLine, candidates: frozenset[str]) -> str:
    """Supplier among the candidates that a ledger line names; empty when it names none.

    The vendor decides when it names a known supplier, then the memo, then the account. What the
    supplier sells besides (seats, advertising) is not on the bill, wherever the line says so, and
    what is paid in warrants or shares is on none.
    """
    everything = fold(" | ".join((line.vendor, line.text, line.account)))
    if _never_invoiced().found_in(everything):
        return ""
    for text in (line.vendor, line.text, line.account):
        found = _alias_in(text)
        if found:
            is_billed = found.name in candidates and not found.unless.found_in(everything)
            return found.name if is_billed else ""
    return next((name for name in sorted(candidates) if _is_named(name, everything)), "")


def known_supplier(text: str) -> str:
    """Common name of a supplier of ``datasets/suppliers.yaml``; empty when the text names none."""
    found = _alias_in(text)
    return found.name if found else ""


def _alias_in(text: str) -> _Alias | None:
    folded = fold(text)
    return next(
        (a for a in _aliases() if a.words.found_in(folded) and not a.unless.found_in(folded)), None
    )


def _is_named(name: str, words: str) -> bool:
    """Tell whether a name stands in folded words, its humps split or not."""
    return any(spelt and f" {spelt} " in f" {words} " for spelt in fold(name).split(" | "))


@cache
def _aliases() -> tuple[_Alias, ...]:
    return tuple(
        _Alias(entry["name"], phrases(entry["words"]), phrases(entry.get("unless", ())))
        for entry in _table()["suppliers"]
    )


@cache
def _never_invoiced() -> Phrases:
    return phrases(_table()["never_invoiced"])


def _table() -> dict[str, Any]:
    text = resource_path("datasets", "suppliers.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table
