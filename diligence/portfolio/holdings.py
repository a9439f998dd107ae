"""Which deal folders make up a portfolio, and at what date a quarter looks at them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from diligence.errors import InputError
from diligence.units import PeriodError, parse_period


def find_holdings(folder: Path) -> tuple[Path, ...]:
    """Return every deal folder under a folder, by name.

    A deal folder holds a deal.yaml; folders inside a deal folder are its own. A folder directly
    below that holds files but no deal.yaml counts too: it fails with its reason instead of being
    left out in silence.

    Raises
    ------
    InputError
        When the folder does not exist or holds no deal.
    """
    if not folder.is_dir():
        raise InputError(f"{str(folder)!r} is not a folder. Name the folder that holds the deals.")
    found: set[Path] = set()
    for marker in sorted(folder.rglob("deal.yaml")):
        place = marker.parent
        if not any(parent in found for parent in place.parents):
            found.add(place)
    if folder not in found:
        found |= {child for child in folder.iterdir() if _is_stray_deal(child, found)}
    if not found:
        raise InputError(
            f"{str(folder)!r} holds no deal folder: none with a deal.yaml was found. "
            "Run 'diligence new' to scaffold one."
        )
    return tuple(sorted(found))


def _is_stray_deal(child: Path, found: set[Path]) -> bool:
    if not child.is_dir() or child.name.startswith((".", "_")):
        return False
    if any(deal == child or child in deal.parents for deal in found):
        return False
    return any(entry.is_file() for entry in child.iterdir())


def quarter_end(quarter: str) -> date:
    """Last day of a calendar quarter written ``2026Q3``.

    Raises
    ------
    InputError
        When the text is not a calendar quarter.

    Examples
    --------
    >>> quarter_end("2026Q3")
    datetime.date(2026, 9, 30)
    """
    try:
        period = parse_period(quarter)
    except PeriodError as error:
        raise InputError(f"--quarter {quarter!r} is not a quarter such as 2026Q3.") from error
    if period.months != 3:
        raise InputError(f"--quarter {quarter!r} is not a quarter such as 2026Q3.")
    return period.end
