"""facts.csv: figures keyed by hand from documents that may only be viewed."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Bound, Fact, FactStatus
from diligence.inputs.records import (
    DEFAULT_BOUND,
    DEFAULT_STATUS,
    PERIOD_COLUMNS,
    RowReader,
    convert_quantity,
    unit_problem,
)
from diligence.inputs.tables import Row, read_table
from diligence.units import Period

FACTS_FILE = "facts.csv"
REQUIRED = ("concept", "value", "unit", "document", "page", "keyed_by")
OPTIONAL = (*PERIOD_COLUMNS, "segment", "status", "bound", "checked_by", "grade", "note")
STATUSES = cast(tuple[FactStatus, ...], get_args(FactStatus))
BOUNDS = cast(tuple[Bound, ...], get_args(Bound))


def read_facts(path: Path, *, name: str = FACTS_FILE, context: ReadingContext) -> tuple[Fact, ...]:
    """Read facts.csv; rows with problems are logged and left out.

    Money comes back in whole units of the reporting currency, ``percent`` as a fraction. Of one
    concept, segment and period one row at most is ``used``.
    """
    table = read_table(path, name=name, log=context.log, required=REQUIRED, optional=OPTIONAL)
    used: dict[tuple[str, str, Period], Fact] = {}
    facts: list[Fact] = []
    for row in table.rows if table else ():
        fact = _read_fact(row, name, context, used)
        if fact is not None:
            facts.append(fact)
    return tuple(facts)


def _read_fact(
    row: Row,
    name: str,
    context: ReadingContext,
    used: dict[tuple[str, str, Period], Fact],
) -> Fact | None:
    reader = RowReader(row, name=name, context=context)
    period = reader.read_period()
    concept = reader.required("concept", "the name of a figure, such as inference_spend")
    value = reader.number("value", required=True)
    unit = reader.required("unit", "a unit such as USD m, percent, ratio or count")
    rates_used = ""
    if value is not None and unit and period is not None:
        try:
            value, rates_used = convert_quantity(value, unit, period=period, context=context)
        except UnitError as error:
            reader.refuse("unit", *unit_problem(unit, error))
    status = reader.choice("status", STATUSES, DEFAULT_STATUS)
    bound = reader.choice("bound", BOUNDS, DEFAULT_BOUND)
    keyed_by = reader.required("keyed_by", "who keyed the figure")
    reader.required("document", "the document the figure was read in")
    reader.required("page", "the page or place in the document")
    source = reader.source(note=rates_used)
    segment = reader.text("segment")
    if status == "used" and period is not None and (concept, segment, period) in used:
        first = used[concept, segment, period]
        found = f"a second used value of {concept!r} for {period.label}"
        wanted = f"one used row (row {first.source.row} is); mark the other alternative or rejected"
        reader.refuse("status", found, wanted)
    if not reader.is_good() or value is None or period is None or status is None or bound is None:
        return None
    fact = Fact(
        concept,
        value,
        unit,
        period,
        source,
        segment=segment,
        status=status,
        bound=bound,
        keyed_by=keyed_by,
        checked_by=reader.text("checked_by"),
    )
    if status == "used":
        used[concept, segment, period] = fact
    return fact
