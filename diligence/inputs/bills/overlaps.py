"""Bills that hold the same charges: adding them up would count those twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

from diligence.errors import Problem
from diligence.inputs.bills.bill import EVIDENCE_COLUMNS, Bill
from diligence.inputs.bills.systems import system_of

if TYPE_CHECKING:
    import pyarrow as pa

_EXPORTING = ("aws", "azure", "gcp", "oracle", "openai", "anthropic", "databricks")
_INVOICES = ("gpu_cloud", "vendor_invoice", "other")
_SPILL_DAYS = 2
"""Days by which a monthly export may reach into the next one: late charges, time zones."""
_WANTED = (
    "each charge in one file; keep one of the two, for they are never added up (actual and "
    "amortised cost, or two exports of one account)"
)


def overlapping_bills(bills: Iterable[Bill]) -> tuple[Problem, ...]:
    """Pairs of bills of one supplier that hold the same charges for the same days.

    Two bills are the same charges when a line stands in both (same evidence, same month), when
    exports of one format are of the same account or project, or when exports of two formats
    share an account or a resource. Files of different accounts, projects or days are none, and
    neither are two invoices of a vendor with different lines.

    Returns
    -------
    tuple of Problem
        One for each pair; it names both files and the months.

    Examples
    --------
    >>> overlapping_bills([])
    ()
    """
    ordered = sorted(bills, key=lambda bill: bill.name)
    problems = []
    for one, other in combinations(ordered, 2):
        months = _months_of_both(one, other)
        if months:
            named = ", ".join(f"{month:%Y-%m}" for month in sorted(months))
            found = f"charges of {named} that {one.name} holds too"
            problems.append(Problem(other.name, 0, "", found, _WANTED))
    return tuple(problems)


def _months_of_both(one: Bill, other: Bill) -> set[date]:
    if not _same_days(one, other):
        return set()
    suppliers = _suppliers(one).keys() & _suppliers(other).keys()
    mine, theirs = _lines(one, suppliers), _lines(other, suppliers)
    first, last = max(one.first_day, other.first_day), min(one.last_day, other.last_day)
    repeated = _repeated_months(mine, theirs)
    if not repeated and one.system not in _INVOICES and other.system not in _INVOICES:
        if one.format == other.format:
            repeated = _months_of_one_account(mine, theirs)
        else:
            repeated = _months_of_two_formats(mine, theirs)
    return {month for month in repeated if first.replace(day=1) <= month <= last}


def _same_days(one: Bill, other: Bill) -> bool:
    """True when the days of both are more than what spills over the end of a month."""
    first, last = max(one.first_day, other.first_day), min(one.last_day, other.last_day)
    shorter = min(bill.last_day - bill.first_day for bill in (one, other))
    return last - first >= min(timedelta(_SPILL_DAYS), shorter)


def _suppliers(bill: Bill) -> dict[str, list[str]]:
    """Suppliers as the bill names them, by what tells them apart."""
    import pyarrow.compute as pc

    found: dict[str, list[str]] = {}
    for name in pc.unique(bill.lines["supplier"]).to_pylist():
        system = system_of(name)
        found.setdefault(system if system in _EXPORTING else name.casefold(), []).append(name)
    return found


def _lines(bill: Bill, suppliers: Iterable[str]) -> pa.Table:
    """Distinct evidence and months of the lines of some suppliers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = _suppliers(bill)
    names = [name for key in suppliers for name in known[key]]
    lines = bill.lines.select([*EVIDENCE_COLUMNS, "day"])
    lines = lines.filter(pc.is_in(lines["supplier"], pa.array(names, pa.string())))
    months = pc.floor_temporal(lines["day"], unit="month")
    lines = lines.set_column(len(EVIDENCE_COLUMNS), "day", months.cast(pa.date32()))
    return _distinct(lines, *EVIDENCE_COLUMNS)


def _distinct(lines: pa.Table, *columns: str) -> pa.Table:
    return lines.select([*columns, "day"]).group_by([*columns, "day"]).aggregate([])


def _repeated_months(mine: pa.Table, theirs: pa.Table) -> set[date]:
    both = mine.join(theirs, [*EVIDENCE_COLUMNS, "day"], join_type="inner")
    return set(both["day"].to_pylist())


def _pairs(lines: pa.Table, column: str) -> set[tuple[str, date]]:
    """Texts of a column with their months, where there is a text."""
    rows = _distinct(lines, column).to_pylist()
    return {(row[column], row["day"]) for row in rows if row[column]}


def _months_of_one_account(mine: pa.Table, theirs: pa.Table) -> set[date]:
    """Months with a project of both; a file without projects holds them all."""
    projects, others = _pairs(mine, "project"), _pairs(theirs, "project")
    if projects and others:
        return {month for _, month in projects & others}
    return {month for _, month in _pairs(mine, "text") & _pairs(theirs, "text")}


def _months_of_two_formats(mine: pa.Table, theirs: pa.Table) -> set[date]:
    """Months with an account or a resource of both; a format may add words to an account."""
    resources = _pairs(mine, "resource") & _pairs(theirs, "resource")
    found = {month for _, month in resources}
    projects, others = _pairs(mine, "project"), _pairs(theirs, "project")
    for some, more in ((projects, others), (others, projects)):
        found |= {month for text, month in more if _starts(text, month, some)}
    return found


def _starts(text: str, month: date, known: set[tuple[str, date]]) -> bool:
    words = text.split(" ")
    return any((" ".join(words[:n]), month) in known for n in range(1, len(words) + 1))
