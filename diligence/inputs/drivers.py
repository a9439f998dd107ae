"""drivers.csv: what each workload used of a shared pool, so that the pool can be split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import cast, get_args

from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Driver, DriverName, Workload
from diligence.inputs.problems import ProblemLog
from diligence.inputs.records import PERIOD_COLUMNS, SOURCE_COLUMNS, RowReader
from diligence.inputs.selectors import SELECTOR_EXAMPLE, parse_selector, selector_text
from diligence.inputs.statement_rows import half_unit, plain
from diligence.inputs.tables import Row, read_table
from diligence.inputs.yaml_files import near_match
from diligence.units import Period

DRIVERS_FILE = "drivers.csv"
REQUIRED = ("driver", "workload", "value", "unit")
SELECTOR_COLUMNS = {"selector": "", "account_code": "code=", "account": "account="}
OPTIONAL = (*PERIOD_COLUMNS, *SELECTOR_COLUMNS, "low", "high", *SOURCE_COLUMNS)
DRIVERS = cast(tuple[DriverName, ...], get_args(DriverName))
WORKLOADS = cast(tuple[Workload, ...], get_args(Workload))
WORKLOAD_SYNONYMS: dict[str, Workload] = {
    "serving": "inference",
    "production": "inference",
    "pretraining": "training",
    "pre-training": "training",
    "post-training": "training",
    "fine-tuning": "training",
    "experiments": "training",
    "research": "training",
    "evaluation": "training",
    "unused": "idle",
    "internal tools": "internal",
}
SHARE = "share"
_THOUSAND, _MILLION, _BILLION = Decimal(1_000), Decimal(1_000_000), Decimal(1_000_000_000)
_ONE, _PERCENT = Decimal(1), Decimal("0.01")
_UNITS: dict[DriverName, dict[str, Decimal]] = {
    "gpu_hours": {"gpu-hours": _ONE, "k gpu-hours": _THOUSAND, "gpu-days": Decimal(24)},
    "cpu_hours": {"cpu-hours": _ONE, "vcpu-hours": _ONE, "k cpu-hours": _THOUSAND},
    "tokens": {"tokens": _ONE, "ktok": _THOUSAND, "mtok": _MILLION, "btok": _BILLION},
    "requests": {"requests": _ONE, "k requests": _THOUSAND, "m requests": _MILLION},
    "headcount": {"people": _ONE, "heads": _ONE, "fte": _ONE, "headcount": _ONE},
    "hours": {"hours": _ONE},
    "bytes": {"bytes": _ONE, "gb": _BILLION, "tb": _BILLION * 1_000, "pb": _BILLION * _MILLION},
}
_PLAIN_UNITS: dict[DriverName, str] = {"gpu_hours": "GPU-hours", "cpu_hours": "CPU-hours"}
_SHARES = {"percent": _PERCENT, "%": _PERCENT, SHARE: _ONE}


@dataclass(frozen=True)
class _Measured:
    driver: Driver
    half_unit: Decimal

    @property
    def group(self) -> tuple[str, Period]:
        return self.driver.selector, self.driver.period


def read_drivers(
    path: Path, *, name: str = DRIVERS_FILE, context: ReadingContext
) -> tuple[Driver, ...]:
    """Read drivers.csv; rows with problems are logged and left out.

    Quantities are brought to the plain unit of their driver, percentages to fractions. Refused,
    because the shares would be wrong: a negative value, an unknown unit, quantities beside
    shares, shares that do not add up to 1, two drivers or two overlapping periods for one
    selector, one workload twice.
    """
    table = read_table(path, name=name, log=context.log, required=REQUIRED, optional=OPTIONAL)
    rows = [_read_row(row, name, context) for row in (table.rows if table else ())]
    kept = _unique([row for row in rows if row is not None], name, context.log)
    groups: dict[tuple[str, Period], list[_Measured]] = defaultdict(list)
    for row in kept:
        groups[row.group].append(row)
    good = [group for group in groups.values() if _is_whole(group, name, context.log)]
    return tuple(row.driver for group in _apart(good, name, context.log) for row in group)


def _read_row(row: Row, name: str, context: ReadingContext) -> _Measured | None:
    reader = RowReader(row, name=name, context=context)
    period, selector = reader.read_period(), _selector(reader)
    driver, workload = _driver(reader), _workload(reader)
    value = reader.number("value", required=True)
    low, high = reader.number("low"), reader.number("high")
    _check_range(reader, value, low, high)
    unit, scale = _unit(reader, driver)
    source = reader.source()
    if not reader.is_good() or period is None or driver is None or workload is None:
        return None
    if value is None:
        return None
    scaled = Driver(
        period,
        selector,
        driver,
        workload,
        value * scale,
        unit,
        source,
        low=None if low is None else low * scale,
        high=None if high is None else high * scale,
        stated=reader.text("workload"),
    )
    return _Measured(scaled, half_unit(value) * scale)


def _selector(reader: RowReader) -> str:
    stated = [column for column in SELECTOR_COLUMNS if reader.text(column)]
    if len(stated) != 1:
        found = " and ".join(stated) if stated else "an empty cell"
        reader.refuse("selector", found, f"one of {', '.join(SELECTOR_COLUMNS)}: what is split")
        return ""
    (column,) = stated
    text = f"{SELECTOR_COLUMNS[column]}{reader.text(column)}"
    if SELECTOR_COLUMNS[column] and (" & " in text or text.endswith("=*")):
        reader.refuse(column, repr(reader.text(column)), "one account, or a selector")
        return ""
    try:
        return selector_text(parse_selector(text))
    except ValueError as error:
        reader.refuse(column, repr(reader.text(column)), str(error) or SELECTOR_EXAMPLE)
        return ""


def _driver(reader: RowReader) -> DriverName | None:
    text = reader.text("driver").lower().replace("-", "_").replace(" ", "_")
    known = next((driver for driver in DRIVERS if driver == text), None)
    if known is None:
        found = repr(reader.text("driver")) if text else "an empty cell"
        reader.refuse("driver", found, near_match(text, DRIVERS))
    return known


def _workload(reader: RowReader) -> Workload | None:
    text = reader.text("workload").lower().replace("_", " ")
    spelt = {workload: workload for workload in WORKLOADS} | WORKLOAD_SYNONYMS
    hyphenless = {words.replace("-", " "): workload for words, workload in spelt.items()}
    known = hyphenless.get(text.replace("-", " "))
    if known is None:
        near = near_match(text, spelt)
        found = repr(reader.text("workload")) if text else "an empty cell"
        wanted = near_match("", WORKLOADS) if near.startswith("one of") else near
        reader.refuse("workload", found, wanted)
    return known


def _check_range(
    reader: RowReader, value: Decimal | None, low: Decimal | None, high: Decimal | None
) -> None:
    for column, number in (("value", value), ("low", low), ("high", high)):
        if number is not None and number < 0:
            reader.refuse(column, reader.text(column), "zero or more")
    if value is not None and low is not None and low > value:
        reader.refuse("low", reader.text("low"), f"at most the value ({value})")
    if value is not None and high is not None and high < value:
        reader.refuse("high", reader.text("high"), f"at least the value ({value})")


def _unit(reader: RowReader, driver: DriverName | None) -> tuple[str, Decimal]:
    text = reader.required("unit", "a unit such as GPU-hours or percent")
    if driver is None or not text:
        return "", _ONE
    spelt = " ".join(text.lower().replace("_", "-").split())
    if spelt in _SHARES:
        return SHARE, _SHARES[spelt]
    units = _UNITS[driver]
    scale = units.get(spelt, units.get(spelt.replace(" ", "-")))
    if scale is None:
        known = near_match(text, (*units, "percent", SHARE))
        reader.refuse("unit", repr(text), f"a unit of {driver}: {known}")
        return "", _ONE
    return _PLAIN_UNITS.get(driver, next(iter(units))), scale


def _unique(rows: Iterable[_Measured], name: str, log: ProblemLog) -> list[_Measured]:
    first: dict[tuple[str, Period, str, str], _Measured] = {}
    for row in rows:
        driver = row.driver
        key = (driver.selector, driver.period, driver.driver, driver.stated.casefold())
        if key in first:
            found = f"{driver.stated!r} of {driver.period} a second time for {driver.selector}"
            wanted = f"one row a workload (row {first[key].driver.source.row} is the first)"
            log.add(name, driver.source.row, "workload", found, wanted, period=driver.period)
        else:
            first[key] = row
    return list(first.values())


def _is_whole(group: Sequence[_Measured], name: str, log: ProblemLog) -> bool:
    """One driver, one kind of unit, and values that can be shares."""
    first = group[0].driver
    where = f"{first.selector} in {first.period}"
    for row in group[1:]:
        if row.driver.driver != first.driver:
            found = f"{row.driver.driver!r} for {where}"
            wanted = f"one driver a selector and period ({first.driver} in row {first.source.row})"
            log.add(name, row.driver.source.row, "driver", found, wanted, period=first.period)
            return False
        if row.driver.unit != first.unit:
            found = f"{row.driver.unit!r} beside {first.unit!r} for {where}"
            log.add(name, row.driver.source.row, "unit", found, "all quantities or all shares")
            return False
    total = sum((row.driver.value for row in group), Decimal(0))
    allowed = sum((row.half_unit for row in group), Decimal(0))
    if first.unit == SHARE and abs(total - 1) > allowed:
        found = f"shares for {where} that add up to {plain(total)}"
        log.add(name, first.source.row, "value", found, "shares of 1 or 100 percent in all")
        return False
    if not total:
        found = f"values for {where} that add up to 0"
        log.add(name, first.source.row, "value", found, "at least one value above zero")
        return False
    return True


def _apart(groups: Sequence[list[_Measured]], name: str, log: ProblemLog) -> list[list[_Measured]]:
    kept: list[list[_Measured]] = []
    by_selector: dict[str, list[Driver]] = defaultdict(list)
    for group in groups:
        driver = group[0].driver
        known = by_selector[driver.selector]
        other = next((d for d in known if d.period.overlaps(driver.period)), None)
        if other is None:
            known.append(driver)
            kept.append(group)
            continue
        found = f"{driver.period}, which overlaps {other.period} in row {other.source.row}"
        wanted = f"periods of {driver.selector} that do not overlap"
        log.add(name, driver.source.row, "period", found, wanted, period=driver.period)
    return kept
