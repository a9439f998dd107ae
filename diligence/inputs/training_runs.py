"""training_runs.csv: what each training run was for, what it cost, what came of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal, cast, get_args

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import TrainingRun
from diligence.inputs.records import SOURCE_COLUMNS, RowReader, convert_money, unit_problem
from diligence.inputs.tables import Row, read_table
from diligence.units import Period

Purpose = Literal["final_run", "experiment", "post_training", "maintenance", "evaluation"]
Outcome = Literal["released", "failed", "abandoned", "running"]
TRAINING_RUNS_FILE = "training_runs.csv"
REQUIRED = ("name", "purpose", "start", "end", "cost", "unit", "outcome")
OPTIONAL = ("release_date", "gpu_hours", *SOURCE_COLUMNS)
PURPOSES = cast(tuple[Purpose, ...], get_args(Purpose))
OUTCOMES = cast(tuple[Outcome, ...], get_args(Outcome))


def read_training_runs(
    path: Path, *, name: str = TRAINING_RUNS_FILE, context: ReadingContext
) -> tuple[TrainingRun, ...]:
    """Read training_runs.csv; rows with problems are logged and left out.

    Refused: an end before the start, a release before the start, a negative cost.
    """
    table = read_table(path, name=name, log=context.log, required=REQUIRED, optional=OPTIONAL)
    runs = [_read_run(row, name, context) for row in (table.rows if table else ())]
    return tuple(run for run in runs if run is not None)


def _read_run(row: Row, name: str, context: ReadingContext) -> TrainingRun | None:
    reader = RowReader(row, name=name, context=context)
    period = reader.read_period()
    run_name = reader.required("name", "the name of the run")
    purpose = reader.choice("purpose", PURPOSES)
    outcome = reader.choice("outcome", OUTCOMES)
    cost, rates_used = _cost(reader, period)
    release = _release_date(reader, period)
    gpu_hours = reader.number("gpu_hours")
    if gpu_hours is not None and gpu_hours < 0:
        reader.refuse("gpu_hours", str(gpu_hours), "hours of zero or more")
    source = reader.source(note=rates_used)
    if not reader.is_good() or period is None or cost is None:
        return None
    if purpose is None or outcome is None:
        return None
    return TrainingRun(
        run_name,
        purpose,
        period.start,
        period.end,
        cost,
        outcome,
        source,
        release_date=release,
        gpu_hours=gpu_hours,
    )


def _cost(reader: RowReader, period: Period | None) -> tuple[Decimal | None, str]:
    amount, unit = reader.number("cost", required=True), reader.money_unit()
    if amount is not None and amount < 0:
        reader.refuse("cost", str(amount), "a cost of zero or more")
    if amount is None or unit is None or period is None:
        return None, ""
    try:
        reader.amount, text = convert_money(amount, unit, period=period, context=reader.context)
    except UnitError as error:
        reader.refuse("unit", *unit_problem(str(unit), error))
        return None, ""
    return reader.amount, text


def _release_date(reader: RowReader, period: Period | None) -> date | None:
    release = reader.day("release_date")
    if release and period and release < period.start:
        wanted = f"a date on or after the start ({period.start})"
        reader.refuse("release_date", str(release), wanted)
    return release
