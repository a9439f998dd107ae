"""Read a company's tokens by month and model from a file, and price them at list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.prices.price_book import PriceBook
from diligence.prices.token_mix import KINDS, TokenKind, TokenMix, TokenRates
from diligence.prices.token_price import TokenPrice
from diligence.units import AmountError, Period, PeriodError, parse_amount, parse_period

if TYPE_CHECKING:
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import Row

REQUIRED = ("month", "model")
OPTIONAL = ("provider", "service", "work", *KINDS)


def read_token_mix(path: Path) -> tuple[TokenMix, ...]:
    """Read tokens by month and model.

    Parameters
    ----------
    path
        CSV or workbook with ``month`` (2026-04), ``model``, and a column for each kind of token
        used: ``input``, ``cached_input``, ``cache_write``, ``batch_input``, ``output``,
        ``batch_output``; if known ``provider``, ``service`` and ``work``. Cached, written and
        batch tokens are not part of ``input``.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import read_table

    log = ProblemLog()
    table = read_table(path, name=path.name, log=log, required=REQUIRED, optional=OPTIONAL)
    rows = table.rows if table else ()
    mixes = [mix for row in rows if (mix := _mix(row, path.name, log))]
    if log.problems:
        raise InputError(f"{path.name} cannot be used as a token mix", log.problems)
    return tuple(mixes)


def list_rates(
    mixes: Sequence[TokenMix], *, book: PriceBook, known_on: date | None = None
) -> tuple[TokenRates, ...]:
    """List price of every month and model of a mix, in force on the last day of the month.

    Parameters
    ----------
    mixes
        Rows whose period is a `Period` of the calendar.
    book, known_on
        The price book, and the last day of knowledge to use.

    Raises
    ------
    UnknownModelError
        A model is not listed anywhere; it never costs 0.
    """
    used = dict.fromkeys((mix.period, mix.provider, mix.model) for mix in mixes)
    return tuple(
        TokenRates(
            period,
            model,
            _listed(
                book.as_of(period.end, known_on=known_on).show(model, provider=provider or None)
            ),
        )
        for period, provider, model in used
    )


def _listed(price: TokenPrice) -> dict[TokenKind, Decimal]:
    found: dict[TokenKind, Decimal | None] = {
        "input": price.usd_per_mtok_input,
        "cached_input": price.usd_per_mtok_cached_input,
        "cache_write": price.usd_per_mtok_cache_write,
        "batch_input": price.usd_per_mtok_batch_input,
        "output": price.usd_per_mtok_output,
        "batch_output": price.usd_per_mtok_batch_output,
    }
    return {kind: usd for kind, usd in found.items() if usd is not None}


def _mix(row: Row, name: str, log: ProblemLog) -> TokenMix | None:
    before = len(log.problems)
    month, model = _month(row, name, log), row.cells["model"].strip()
    if not model:
        log.add(name, row.number, "model", "an empty cell", "a model such as gpt-5.5")
    tokens = {kind: _count(row, kind, name, log) for kind in KINDS if row.cells[kind].strip()}
    if not tokens:
        log.add(name, row.number, "input", "no tokens", "a count in one of the token columns")
    work = _count(row, "work", name, log) if row.cells["work"].strip() else None
    if work == 0:
        log.add(name, row.number, "work", "0", "work above 0, or an empty cell")
    if len(log.problems) > before or month is None:
        return None
    return TokenMix(
        month,
        model,
        {kind: int(count) for kind, count in tokens.items()},
        service=row.cells["service"].strip(),
        work=work,
        provider=row.cells["provider"].strip().lower(),
    )


def _month(row: Row, name: str, log: ProblemLog) -> Period | None:
    text = row.cells["month"].strip()
    try:
        return parse_period(text)
    except PeriodError:
        log.add(name, row.number, "month", repr(text), "a month such as 2026-04")
        return None


def _count(row: Row, column: str, name: str, log: ProblemLog) -> Decimal:
    text = row.cells[column].strip()
    try:
        count = parse_amount(text)
    except AmountError:
        count = None
    if count is not None and count >= 0 and (column == "work" or count == int(count)):
        return count
    log.add(name, row.number, column, repr(text), "a whole number of at least 0")
    return Decimal(0)
