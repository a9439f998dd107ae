"""Small price lists and books for tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from diligence.prices import PriceBook
from diligence.prices.alias_file import AliasMove
from diligence.prices.listings import Snapshot

HEADER = (
    "provider,model,effective_date,known_on,state,input,output,cached_input,unit,context_tier,"
    "hours_utc,source,checked,note"
)
EMPTY_SNAPSHOT = Snapshot("0", (), date(2024, 1, 1), date(2025, 12, 31), ())


def write_list(path: Path, *rows: str) -> Path:
    """A price list with the header above."""
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def book_of(path: Path, *, aliases: tuple[AliasMove, ...] = ()) -> PriceBook:
    """A book that holds one list and nothing else."""
    return PriceBook(EMPTY_SNAPSHOT, aliases=aliases).with_list(path)


def row(
    model: str,
    effective: str,
    known: str = "",
    *,
    state: str = "effective",
    prices: str = "10,40,",
    unit: str = "",
    tier: str = "",
    hours: str = "",
) -> str:
    """One row of a list of the provider ``acme``; `prices` are input, output, cached input."""
    return (
        f"acme,{model},{effective},{known or effective},{state},{prices},{unit},{tier},{hours},"
        "acme price page,2025-12-31,"
    )


def no_price(model: str, effective: str, known: str, *, state: str) -> str:
    """A row that cancels an announcement or withdraws a model."""
    return row(model, effective, known, state=state, prices=",,")
