"""Who stands behind an invoice: resellers of a maker's model follow the maker's price."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import yaml

from diligence.costs.phrases import Phrases, fold, phrases
from diligence.costs.suppliers import supplier_of
from diligence.resources import resource_path


@dataclass(frozen=True)
class _Maker:
    name: str
    words: Phrases
    unless: Phrases


def look_through(supplier: str, *, model: str = "") -> str:
    """Name whose price decision stands behind a supplier's invoice.

    Parameters
    ----------
    supplier
        As deal.yaml or an invoice names it.
    model
        Of bought tokens, where known; open-weight models are priced by whoever serves them.

    Returns
    -------
    str
        The maker of a resold model, else the supplier's common name; see ``look_through`` in
        ``datasets/suppliers.yaml``.

    Examples
    --------
    >>> look_through("Anthropic via Bedrock"), look_through("Azure OpenAI")
    ('Anthropic', 'OpenAI')
    >>> look_through("AWS", model="claude-sonnet-4-6"), look_through("Microsoft Azure")
    ('Anthropic', 'Azure')

    Two holdings with two invoices can depend on one maker's decision.
    """
    for text in (supplier, model):
        folded = fold(text)
        for maker in _makers():
            if maker.words.found_in(folded) and not maker.unless.found_in(folded):
                return maker.name
    return supplier_of(supplier)


@cache
def _makers() -> tuple[_Maker, ...]:
    text = resource_path("datasets", "suppliers.yaml").read_text(encoding="utf-8")
    return tuple(
        _Maker(entry["name"], phrases(entry["words"]), phrases(entry.get("unless", ())))
        for entry in yaml.safe_load(text)["look_through"]
    )
