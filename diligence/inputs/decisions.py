"""decisions.csv: the analyst's rulings on cost lines."""

from __future__ import annotations

import re
from pathlib import Path

from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Decision
from diligence.inputs.records import RowReader
from diligence.inputs.selectors import SELECTOR_EXAMPLE, Selector, parse_selector
from diligence.inputs.statement_rows import PAYERS
from diligence.inputs.tables import Row, read_table
from diligence.units import PeriodError, parse_period

DECISIONS_FILE = "decisions.csv"
REQUIRED = ("selector", "class", "reason", "who", "date")
OPTIONAL = ("subclass", "payer", "kept", "note")
COST_CLASSES = ("training_capex", "inference_opex", "shared", "neither")
SUBCLASS = re.compile(r"[a-z][a-z0-9_]*")


def read_decisions(
    path: Path, *, name: str = DECISIONS_FILE, context: ReadingContext
) -> tuple[Decision, ...]:
    """Read decisions.csv; rows with problems are logged and left out.

    Two rulings with the same selector and different classes are a problem.
    """
    table = read_table(path, name=name, log=context.log, required=REQUIRED, optional=OPTIONAL)
    rulings: dict[Selector, Decision] = {}
    for row in table.rows if table else ():
        _read_decision(row, name, context, rulings)
    return tuple(rulings.values())


def _read_decision(
    row: Row,
    name: str,
    context: ReadingContext,
    rulings: dict[Selector, Decision],
) -> None:
    reader = RowReader(row, name=name, context=context)
    selector = reader.required("selector", SELECTOR_EXAMPLE)
    pairs = _pairs(reader, selector) if selector else ()
    cost_class = reader.choice("class", COST_CLASSES)
    reason = reader.required("reason", "why the analyst rules so")
    who = reader.required("who", "who ruled")
    decided_on = reader.day("date", required=True)
    payer, kept = reader.choice("payer", PAYERS, ""), reader.choice("kept", ("yes", "no"), "no")
    earlier = rulings.get(pairs)
    if pairs and earlier is not None and cost_class not in (None, earlier.cost_class):
        wanted = f"one class ({earlier.cost_class} in row {earlier.source.row})"
        reader.refuse("class", f"{cost_class!r} for the same selector", wanted)
    subclass = _subclass(reader)
    source = reader.source()
    if reader.is_good() and cost_class is not None and decided_on is not None:
        rulings[pairs] = Decision(
            selector,
            cost_class,
            reason,
            who,
            decided_on,
            source,
            subclass=subclass,
            payer=payer or "",
            kept=kept == "yes",
        )


def _subclass(reader: RowReader) -> str:
    subclass = reader.text("subclass")
    if subclass and not SUBCLASS.fullmatch(subclass):
        reader.refuse("subclass", repr(subclass), "one word of the rules, such as fine_tuning")
    return subclass


def _pairs(reader: RowReader, selector: str) -> Selector:
    month = reader.context.terms.fiscal_year_start_month
    try:
        pairs = parse_selector(selector)
        period = dict(pairs).get("period")
        if period:
            parse_period(period, fiscal_year_start_month=month)
    except (PeriodError, ValueError) as error:
        wanted = "a period such as 2025Q3" if isinstance(error, PeriodError) else str(error)
        reader.refuse("selector", repr(selector), wanted)
        return ()
    return pairs
