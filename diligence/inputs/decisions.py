"""decisions.csv: the analyst's rulings on cost lines."""

from __future__ import annotations

from pathlib import Path

from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Decision
from diligence.inputs.records import RowReader
from diligence.inputs.tables import Row, read_table
from diligence.inputs.yaml_files import near_match
from diligence.units import PeriodError, parse_period

DECISIONS_FILE = "decisions.csv"
REQUIRED = ("selector", "class", "reason", "who", "date")
COST_CLASSES = ("training_capex", "inference_opex", "shared", "neither")
SELECTOR_FIELDS = (
    "account",
    "code",
    "vendor",
    "text",
    "department",
    "project",
    "segment",
    "period",
    "file",
    "row",
)
_EXAMPLE = "field=value pairs joined by ' & ', such as account=AWS & period=2025Q3"


def read_decisions(
    path: Path, *, name: str = DECISIONS_FILE, context: ReadingContext
) -> tuple[Decision, ...]:
    """Read decisions.csv; rows with problems are logged and left out.

    Two rulings with the same selector and different classes are a problem.
    """
    table = read_table(path, name=name, log=context.log, required=REQUIRED, optional=("note",))
    rulings: dict[tuple[tuple[str, str], ...], Decision] = {}
    for row in table.rows if table else ():
        _read_decision(row, name, context, rulings)
    return tuple(rulings.values())


def parse_selector(text: str) -> tuple[tuple[str, str], ...]:
    """Split a selector into its field and value pairs, sorted by field.

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
            raise ValueError(_EXAMPLE)
        if field not in SELECTOR_FIELDS:
            raise ValueError(f"a field: {near_match(field, SELECTOR_FIELDS)}")
        if field in pairs:
            raise ValueError(f"the field {field!r} once")
        if field == "row" and not value.isdecimal():
            raise ValueError("a row number such as row=12")
        pairs[field] = value
    return tuple(sorted(pairs.items()))


def _read_decision(
    row: Row,
    name: str,
    context: ReadingContext,
    rulings: dict[tuple[tuple[str, str], ...], Decision],
) -> None:
    reader = RowReader(row, name=name, context=context)
    selector = reader.required("selector", _EXAMPLE)
    pairs = _pairs(reader, selector) if selector else ()
    cost_class = reader.choice("class", COST_CLASSES)
    reason = reader.required("reason", "why the analyst rules so")
    who = reader.required("who", "who ruled")
    decided_on = reader.day("date", required=True)
    earlier = rulings.get(pairs)
    if pairs and earlier is not None and cost_class not in (None, earlier.cost_class):
        wanted = f"one class ({earlier.cost_class} in row {earlier.source.row})"
        reader.refuse("class", f"{cost_class!r} for the same selector", wanted)
    source = reader.source()
    if reader.is_good() and cost_class is not None and decided_on is not None:
        rulings[pairs] = Decision(selector, cost_class, reason, who, decided_on, source)


def _pairs(reader: RowReader, selector: str) -> tuple[tuple[str, str], ...]:
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
