"""Tells the format of a bill from its header, or says what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.formats import ALL_FORMATS
from diligence.inputs.bills.formats.mapped import MAPPED, mapped_format
from diligence.inputs.bills.layout import BillFormat, Header
from diligence.inputs.mapping import BillMapping
from diligence.inputs.yaml_files import near_match

_SHOWN_COLUMNS = 12
How = Literal["detected", "forced", "mapped"]


def detect_format(names: Iterable[str], *, formats: Sequence[BillFormat] = ()) -> BillFormat:
    """Format whose required columns the header has; the one that requires most wins.

    Raises
    ------
    UnreadableBillError
        When no format fits; names the nearest one and what it lacks.

    Examples
    --------
    >>> detect_format(["BilledCost", "EffectiveCost", "ChargeCategory", "ChargePeriodStart"]).name
    'focus_1_0'
    """
    known = formats or ALL_FORMATS
    header = Header(names)
    fitting = [fmt for fmt in known if _fits(fmt, header)]
    if not fitting:
        raise _unknown(header, known)
    return max(fitting, key=lambda fmt: len(fmt.required))


def choose_format(names: Iterable[str], *, mapping: BillMapping | None) -> tuple[BillFormat, How]:
    """Format that mapping.yaml names, or else the one detected.

    Raises
    ------
    UnreadableBillError
        When the named format is unknown, or the header lacks its columns.
    """
    if mapping is None or mapping.format is None:
        return detect_format(names), "detected"
    header = Header(names)
    if mapping.format == MAPPED:
        fmt = mapped_format(mapping)
    else:
        fmt = _fullest(named_formats(mapping.format), header)
    lacking = [name for name in fmt.required if not header.has(name)]
    if lacking:
        found = f"no column {lacking[0]!r}, which {fmt.name} needs"
        raise UnreadableBillError(found, f"a column: {near_match(lacking[0], header.names)}", row=1)
    return fmt, "mapped" if mapping.format == MAPPED else "forced"


def named_formats(name: str) -> tuple[BillFormat, ...]:
    """Formats of a short name; some have one for each way of naming their columns.

    Raises
    ------
    UnreadableBillError
        When there is none; names the nearest.
    """
    found = tuple(fmt for fmt in ALL_FORMATS if fmt.name == name)
    if not found:
        known = dict.fromkeys([*(fmt.name for fmt in ALL_FORMATS), MAPPED])
        wanted = f"a format: {near_match(name, known)}"
        raise UnreadableBillError(f"format: {name}", wanted, column="format")
    return found


def _fullest(formats: Sequence[BillFormat], header: Header) -> BillFormat:
    fitting = [fmt for fmt in formats if header.has(*fmt.required)]
    return max(fitting, key=lambda fmt: len(fmt.required), default=formats[0])


def _fits(fmt: BillFormat, header: Header) -> bool:
    has_one = not fmt.any_of or any(map(header.has, fmt.any_of))
    is_other = any(map(header.has, fmt.forbidden))
    return header.has(*fmt.required) and has_one and not is_other and fmt.fits(header)


def _unknown(header: Header, known: Sequence[BillFormat]) -> UnreadableBillError:
    seen = ", ".join(header.names[:_SHOWN_COLUMNS])
    more = len(header.names) - _SHOWN_COLUMNS
    found = (
        f"columns of no known bill ({_shortened(seen)}{f' and {more} more' if more > 0 else ''})"
    )
    nearest = max(known, key=lambda fmt: _nearness(fmt, header))
    lacking = [name for name in nearest.required if not header.has(name)]
    hint = ""
    if lacking and _nearness(nearest, header) > 0:
        hint = f"; the nearest is {nearest.name}, which also has {', '.join(lacking)}"
    wanted = f"a known export{hint}; or format: mapped with columns in mapping.yaml, under bills"
    return UnreadableBillError(found, wanted, row=1)


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:197]}..."


def _nearness(fmt: BillFormat, header: Header) -> float:
    return sum(map(header.has, fmt.required)) / max(len(fmt.required), 1)
