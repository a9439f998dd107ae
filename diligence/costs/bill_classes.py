"""Classes of a whole bill: each distinct line once, however many rows stand behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diligence.costs.classify import Finding, classify_evidence
from diligence.costs.evidence import evidence_of_bill
from diligence.costs.opaque_ids import OPAQUE_ID, PLACEHOLDER
from diligence.costs.rules import COST_CLASSES, CostClass, RuleBook
from diligence.costs.siblings import has_siblings, is_paired, pair_siblings
from diligence.inputs.bills.bill import EVIDENCE_COLUMNS, MONEY_COLUMNS, Bill, BillLine
from diligence.inputs.bills.every_row import copy_rows
from diligence.units import Period
from diligence.units.periods import month_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from diligence.inputs.mapping import BillMapping

FINDING_COLUMNS = ("class", "subclass", "payer", "basis", "rule", "reason", "flagged", "ask")
"""What is said of each line, beside the columns of the line itself."""
EVIDENCE = (*EVIDENCE_COLUMNS, "kind", "commitment", "sibling")
_NAMES = ("resource", "project", "tags")
_ZERO = Decimal(0)
_BLANK: dict[str, Any] = {
    **dict.fromkeys(MONEY_COLUMNS, _ZERO),
    "unit": "",
    "currency": "",
    "day": date.min,
    "quantity": None,
    "n_rows": 0,
    "first_row": 0,
}


@dataclass(frozen=True)
class ClassTotal:
    """Money of one class, month and service of a bill, in its currency, exact."""

    cost_class: CostClass
    month: Period
    service: str
    billed: Decimal
    effective: Decimal


@dataclass(frozen=True)
class ClassifiedBill:
    """A bill whose distinct lines have classes.

    Attributes
    ----------
    lines
        Arrow table: the columns of the bill's lines, ``sibling``, and ``FINDING_COLUMNS``;
        ``flagged`` where a person should look, ``ask`` what would settle it.
    """

    bill: Bill
    lines: pa.Table

    @cached_property
    def totals(self) -> tuple[ClassTotal, ...]:
        """Sums by class, month and service, in this order; they add up to the bill."""
        import pyarrow as pa
        import pyarrow.compute as pc

        days = pc.floor_temporal(self.lines["day"], unit="month")
        keys = [self.lines["class"], days, self.lines["service"]]
        place, first = distinct_rows(keys)
        sums = (
            pa.table({"key": place, **{name: self.lines[name] for name in _SUMMED}})
            .group_by("key")
            .aggregate([(name, "sum") for name in _SUMMED])
            .sort_by("key")
        )
        told = pa.table(dict(zip("cms", keys, strict=True))).take(pa.array(first))
        rows = zip(
            *(column.to_pylist() for column in told.columns),
            *(sums[f"{name}_sum"].to_pylist() for name in _SUMMED),
            strict=True,
        )
        found = (
            ClassTotal(cost_class, month_of(day), service, billed, effective)
            for cost_class, day, service, billed, effective in rows
        )
        return tuple(sorted(found, key=_order))

    def total(self, cost_class: CostClass, *, column: str = "effective") -> Decimal:
        """Exact sum of one class: ``effective`` is what was consumed, ``billed`` invoiced."""
        sums = (getattr(t, column) for t in self.totals if t.cost_class == cost_class)
        return sum(sums, _ZERO)

    def summary(self) -> str:
        """Amounts by class, and how much of the bill a person should look at."""
        import pyarrow.compute as pc

        amounts = ", ".join(
            f"{cost_class} {self.total(cost_class):,.2f}" for cost_class in COST_CLASSES
        )
        flagged = pc.sum(pc.cast(self.lines["flagged"], "int64")).as_py() or 0
        return (
            f"{self.bill.name}: {self.lines.num_rows:,} distinct lines of {self.bill.n_rows:,} "
            f"rows; {self.bill.currency} consumed: {amounts}; {flagged:,} lines flagged"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a distinct line, amounts as exact decimals."""
        frame: pd.DataFrame = self.lines.to_pandas()
        return frame

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, max_rows=60))


_SUMMED = ("billed", "effective")


def classify_bill(bill: Bill, *, rules: RuleBook | None = None) -> ClassifiedBill:
    """Give every distinct line of a bill a class, by the same rules as one line at a time.

    Lines that show the same evidence once opaque identifiers are left out are classified once, so
    that a million resource ids cost what their names cost.

    Parameters
    ----------
    rules
        Defaults to the shipped rules of ``datasets/cost_rules``.
    """
    lines = lines_with_siblings(bill)
    shown = [without_ids_in(lines[n]) if n in _NAMES else lines[n] for n in EVIDENCE]
    place, first = distinct_rows(shown)
    findings = [
        classify_evidence(evidence_of_bill(line, bill.system), rules=rules)
        for line in _lines_at(lines, first)
    ]
    for name, column in finding_columns(findings, place):
        lines = lines.append_column(name, column)
    return ClassifiedBill(bill, lines)


_SEVERAL = {
    "class": "shared",
    "subclass": "several_siblings",
    "payer": "",
    "basis": "sibling",
    "rule": "several-siblings",
    "reason": "Siblings of several kinds settle the line in parts, which the bill's lines show.",
    "ask": "Which of the fees of this project and day did the row belong to?",
}


def write_classes(
    path: Path, classified: ClassifiedBill, *, out: Path, mapping: BillMapping | None = None
) -> int:
    """Write every row of the bill's file to Parquet, with the class of its line beside it.

    Rows that the format leaves out of the bill have no class. A row that its siblings settle in
    parts is ``shared`` and flagged. A column whose name the file has already is written with
    ``diligence_`` before it.

    Parameters
    ----------
    path
        The file that the bill was read from.
    mapping
        What mapping.yaml says about the file, as it was read.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    UnreadableBillError
        When the file cannot be read any more.
    """
    keys = [*EVIDENCE[:-1]]
    if has_siblings(classified.bill.system):
        keys.append("day")
    return copy_rows(path, _by_key(classified.lines, keys), keys=keys, out=out, mapping=mapping)


def _by_key(lines: pa.Table, keys: Sequence[str]) -> pa.Table:
    """What was found for each combination of keys, once."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    place, first = distinct_rows([lines[key] for key in keys])
    said, _ = distinct_rows([lines[name] for name in ("class", "rule", "payer")])
    differs = np.zeros(len(first), np.bool_)
    np.logical_or.at(differs, place, said != said[first][place])
    table = lines.select([*keys, *FINDING_COLUMNS]).take(pa.array(first))
    if not differs.any():
        return table
    for name in FINDING_COLUMNS:
        several = pa.scalar(_SEVERAL.get(name, True))
        cells = pc.if_else(pa.array(differs), several, table[name].cast(several.type))
        table = table.set_column(table.column_names.index(name), name, cells)
    return table


def lines_with_siblings(bill: Bill) -> pa.Table:
    """Lines of a bill with their siblings; lines that pairing looked at stand last."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lines = bill.lines
    blank = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int8()), len(lines)), [""])
    lines = lines.append_column("sibling", blank.cast(pa.string()))
    if not has_siblings(bill.system):
        return lines
    place, first = distinct_rows([lines["text"], lines["usage_type"]])
    is_asked = [is_paired(line, system=bill.system) for line in _lines_at(lines, first)]
    mask = pa.array(is_asked, pa.bool_()).take(pa.array(place))
    asked = lines.filter(mask)
    if not len(asked):
        return lines
    paired = pair_siblings((BillLine(**row) for row in asked.to_pylist()), system=bill.system)
    return _joined(lines.filter(pc.invert(mask)), paired)


def _joined(rest: pa.Table, paired: Iterable[BillLine]) -> pa.Table:
    """Both together; amounts that were split may have more decimals than the bill's."""
    import pyarrow as pa

    rows = [{f.name: getattr(line, f.name) for f in fields(BillLine)} for line in paired]
    columns = {}
    for field in rest.schema:
        cells = [row[field.name] for row in rows]
        kind = field.type
        if pa.types.is_decimal(kind):
            scales = [-int(c.as_tuple().exponent) for c in cells if c is not None]
            kind = pa.decimal128(38, max(kind.scale, *scales))
        known = rest[field.name].cast(kind)
        columns[field.name] = pa.chunked_array([*known.chunks, pa.array(cells, kind)], kind)
    return pa.table(columns)


def distinct_rows(columns: Sequence[pa.ChunkedArray]) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct rows of some columns, and say where each stands first."""
    import numpy as np
    import pyarrow as pa

    place = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        encoded = _encoded(column)
        if len(encoded.dictionary) > 1:
            codes = place * len(encoded.dictionary) + encoded.indices.to_numpy()
            place = pa.array(codes).dictionary_encode().indices.to_numpy()
    first = np.full(int(place.max(initial=-1)) + 1, len(place), np.int64)
    np.minimum.at(first, place, np.arange(len(place)))
    return place, first


def without_ids_in(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Names with a zero in the place of each opaque identifier, as ``without_ids`` has it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = _encoded(column)
    names = pc.replace_substring(encoded.dictionary, pattern="_", replacement="-")
    names = pc.replace_substring_regex(names, pattern=OPAQUE_ID, replacement=PLACEHOLDER)
    known = names.dictionary_encode()
    return pa.DictionaryArray.from_arrays(known.indices.take(encoded.indices), known.dictionary)


def finding_columns(
    findings: Sequence[Finding], place: np.ndarray
) -> Iterator[tuple[str, pa.Array]]:
    """Columns of what was found for each line; ``place`` says which finding is a line's."""
    import pyarrow as pa

    lines = pa.array(place)
    for name in FINDING_COLUMNS:
        cells = pa.array([_cell(found, name) for found in findings])
        if name == "flagged":
            yield name, cells.cast(pa.bool_()).take(lines)
            continue
        known = cells.cast(pa.string()).dictionary_encode()
        yield name, pa.DictionaryArray.from_arrays(known.indices.take(lines), known.dictionary)


def _cell(found: Finding, name: str) -> str | bool:
    match name:
        case "class":
            return found.cost_class
        case "flagged":
            return found.is_flagged
    return str(getattr(found, name))


def _encoded(column: pa.ChunkedArray | pa.DictionaryArray) -> pa.DictionaryArray:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # no rows, or too many for one chunk
        column = pa.concat_arrays(column.chunks) if column.chunks else pa.array([], column.type)
    return column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()


def _lines_at(lines: pa.Table, places: np.ndarray) -> Iterator[BillLine]:
    """Evidence of some lines; their money and days are left out."""
    import pyarrow as pa

    told = lines.select(EVIDENCE).take(pa.array(places))
    for cells in zip(*(told[name].to_pylist() for name in EVIDENCE), strict=True):
        yield BillLine(**dict(zip(EVIDENCE, cells, strict=True)), **_BLANK)


def _order(total: ClassTotal) -> tuple[int, Period, str]:
    return COST_CLASSES.index(total.cost_class), total.month, total.service
