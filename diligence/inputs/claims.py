"""claims.yaml: what management says, kept apart from what the books say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Claim
from diligence.inputs.records import convert_quantity, unit_problem
from diligence.inputs.yaml_files import DecimalText, read_yaml_list
from diligence.units import Period, PeriodError, parse_period

CLAIMS_FILE = "claims.yaml"
_Text = Annotated[str, Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    concept: _Text
    value: DecimalText
    unit: _Text
    source: _Text
    page: str = ""
    period: str = ""


def read_claims(
    path: Path, *, name: str = CLAIMS_FILE, context: ReadingContext
) -> tuple[Claim, ...]:
    """Read claims.yaml; entries with problems are logged and left out.

    Values are brought to plain units as facts are: whole money in reporting currency, percent as
    a fraction. Money without a period is converted on the as-of date.
    """
    claims: list[Claim] = []
    for line, entry in read_yaml_list(path, name=name, log=context.log, item=_Entry):
        try:
            claims.append(_claim(entry, context))
        except (PeriodError, ValueError):
            wanted = "a period such as 2025, 2025H1, 2025Q3 or 9M2025"
            context.log.add(name, line, "period", repr(entry.period), wanted)
        except UnitError as error:
            context.log.add(name, line, "unit", *unit_problem(entry.unit, error))
    return tuple(claims)


def _claim(entry: _Entry, context: ReadingContext) -> Claim:
    terms = context.terms
    period = None
    if entry.period:
        month = terms.fiscal_year_start_month
        period = parse_period(entry.period, fiscal_year_start_month=month)
    day = Period(terms.as_of, terms.as_of)
    value, _ = convert_quantity(entry.value, entry.unit, period=period or day, context=context)
    return Claim(entry.concept, value, entry.unit, entry.source, entry.page, period)
