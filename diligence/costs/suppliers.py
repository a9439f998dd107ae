"""Names of suppliers: one name for what bills and books write in many ways."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

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

    The vendor decides when it names a known supplier, then the memo, then the account.
    """
    for text in (line.vendor, line.text, line.account):
        found = known_supplier(text)
        if found:
            return found if found in candidates else ""
    words = fold(" | ".join((line.vendor, line.text, line.account)))
    named = [name for name in sorted(candidates) if fold(name) and fold(name) in words]
    return named[0] if named else ""


def known_supplier(text: str) -> str:
    """Common name of a supplier of ``datasets/suppliers.yaml``; empty when the text names none."""
    folded = fold(text)
    for alias in _aliases():
        if alias.words.found_in(folded) and not alias.unless.found_in(folded):
            return alias.name
    return ""


@cache
def _aliases() -> tuple[_Alias, ...]:
    text = resource_path("datasets", "suppliers.yaml").read_text(encoding="utf-8")
    return tuple(
        _Alias(entry["name"], phrases(entry["words"]), phrases(entry.get("unless", ())))
        for entry in yaml.safe_load(text)["suppliers"]
    )
