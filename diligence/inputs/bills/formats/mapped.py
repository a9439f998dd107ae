"""Bills of an unknown layout, read through the columns that mapping.yaml names."""

from __future__ import annotations

from collections.abc import Mapping

from diligence.inputs.bills.bill import EVIDENCE_COLUMNS, MONEY_COLUMNS
from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.layout import BillFormat, Header, literal
from diligence.inputs.bills.systems import system_of
from diligence.inputs.mapping import BillMapping

MAPPED = "mapped"
_NEEDED = ("text", "billed", "day")
_TEXTS = (*EVIDENCE_COLUMNS, "unit", "currency")


def mapped_format(mapping: BillMapping) -> BillFormat:
    """Format made of the columns that an analyst named.

    Raises
    ------
    UnreadableBillError
        When text, billed or day are not among them.
    """
    missing = [name for name in _NEEDED if name not in mapping.columns]
    if missing:
        wanted = "columns: {text: Description, billed: Amount, day: Date}"
        raise UnreadableBillError(f"no column for {missing[0]}", wanted, column="columns")

    def select(header: Header) -> Mapping[str, str]:
        named: dict[str, str] = {str(key): column for key, column in mapping.columns.items()}
        chosen = {key: header.text(named[key]) for key in _TEXTS if key in named}
        if "tags" in named:
            chosen["tags"] = header.pairs(named["tags"])
        amounts = ("quantity", *MONEY_COLUMNS)
        chosen |= {key: header.amount(named[key]) for key in amounts if key in named}
        chosen["day"] = header.day(named["day"])
        if mapping.supplier and "supplier" not in named:
            chosen["supplier"] = literal(mapping.supplier)
        return chosen

    system = system_of(mapping.supplier or "")
    required = tuple(dict.fromkeys(mapping.columns.values()))
    return BillFormat(MAPPED, "columns named in mapping.yaml", system, required, select)
