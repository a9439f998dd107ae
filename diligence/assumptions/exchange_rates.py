"""Dated exchange rates with a source each; amounts are converted, never added unconverted."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from diligence.errors import UnitError
from diligence.resources import resource_path
from diligence.units import Period, parse_date
from diligence.units.currency import CURRENCIES
from diligence.units.periods import smallest_tiling

if TYPE_CHECKING:
    import pandas as pd

RATES_FILE = "exchange_rates.csv"
OLDEST_SPOT_DAYS = 35
_DIGITS = Context(prec=28)
_ONE = Decimal(1)


@dataclass(frozen=True)
class ExchangeRate:
    """Units of a currency per US dollar on a day (spot) or over a period (average)."""

    currency: str
    per_usd: Decimal
    kind: Literal["average", "spot"]
    period: Period
    source: str
    checked: date

    @property
    def label(self) -> str:
        """Short text for a derivation: ``CNY 7.1875 per USD, average of 2025``."""
        when = f"average of {self.period.label}" if self.kind == "average" else str(self.period.end)
        return f"{self.currency} {self.per_usd} per USD, {when}"


@dataclass(frozen=True, eq=False)
class ExchangeRates:
    """A table of dated rates; flows take averages, balances take the spot of their date.

    Examples
    --------
    >>> rates = ExchangeRates.load()
    >>> amount, text = rates.convert_balance(
    ...     Decimal("2551000000"), "CNY", "USD", date(2025, 6, 30)
    ... )
    >>> round(amount / 1_000_000, 1), text
    (Decimal('356.1'), 'CNY 7.1636 per USD, 2025-06-30')
    """

    rates: tuple[ExchangeRate, ...]

    @classmethod
    def load(cls) -> ExchangeRates:
        """Read the table that travels with the package.

        Raises
        ------
        UnitError
            When a row of the table is not a dated rate with a source.
        """
        return _load_table()

    def convert_flow(
        self, amount: Decimal, currency: str, to: str, period: Period
    ) -> tuple[Decimal, str]:
        """Convert revenue, cost or cash flow of a period.

        Parameters
        ----------
        amount
            Whole units of ``currency``.
        period
            The rate is the average of exactly this period, else the day-weighted mean of
            averages that tile it, else the plain mean of the spot rates inside it.

        Returns
        -------
        tuple of Decimal and str
            Amount in ``to`` and the rates used, for a derivation; the text is empty when
            nothing had to be converted.

        Raises
        ------
        UnitError
            When no rate covers the period.
        """
        if currency == to:
            return amount, ""
        pair = [_flow_rate(self, name, period) for name in (currency, to)]
        return _converted(amount, pair)

    def convert_balance(
        self, amount: Decimal, currency: str, to: str, on: date
    ) -> tuple[Decimal, str]:
        """Convert a balance with the last spot rate on its date or up to 35 days before.

        Raises
        ------
        UnitError
            When the table has no spot rate in those days.
        """
        if currency == to:
            return amount, ""
        pair = [_spot_rate(self, name, on) for name in (currency, to)]
        return _converted(amount, pair)

    def to_frame(self) -> pd.DataFrame:
        """One row a rate: currency, per_usd, kind, start, end, source, checked."""
        import pandas as pd

        return pd.DataFrame(
            [
                (
                    r.currency,
                    r.per_usd,
                    r.kind,
                    r.period.start,
                    r.period.end,
                    r.source,
                    r.checked,
                )
                for r in self.rates
            ],
            columns=[
                "currency",
                "per_usd",
                "kind",
                "start",
                "end",
                "source",
                "checked",
            ],
        )

    def summary(self) -> str:
        """Which currencies the table knows, and until when."""
        lines = [
            f"{name}: {sum(r.currency == name for r in self.rates)} rates to "
            f"{max(r.period.end for r in self.rates if r.currency == name)}"
            for name in sorted({r.currency for r in self.rates})
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    def of(self, currency: str, kind: Literal["average", "spot"]) -> tuple[ExchangeRate, ...]:
        """Rates of one currency and kind, in table order."""
        return tuple(r for r in self.rates if r.currency == currency and r.kind == kind)


@lru_cache(maxsize=1)
def _load_table() -> ExchangeRates:
    path = resource_path("datasets", RATES_FILE)
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rates = tuple(_read_rate(row, number) for number, row in enumerate(rows, start=2))
    _require_unique(rates)
    return ExchangeRates(rates)


def _read_rate(row: dict[str, str], number: int) -> ExchangeRate:
    kind = row["kind"]
    period = Period(parse_date(row["start"]), parse_date(row["end"]))
    per_usd = Decimal(row["per_usd"])
    valid = kind in ("average", "spot") and per_usd > 0 and row["currency"] in CURRENCIES
    if not valid or not row["source"] or (kind == "spot" and period.days != 1):
        raise UnitError(
            f"{RATES_FILE}:{number}: {row!r} is not a dated rate; a row needs a known currency, a "
            "positive rate per USD, the kind average or spot (one day) and a source"
        )
    checked = parse_date(row["checked"])
    if kind == "spot":
        return ExchangeRate(row["currency"], per_usd, "spot", period, row["source"], checked)
    return ExchangeRate(row["currency"], per_usd, "average", period, row["source"], checked)


def _require_unique(rates: Iterable[ExchangeRate]) -> None:
    seen: set[tuple[str, str, Period]] = set()
    for rate in rates:
        key = (rate.currency, rate.kind, rate.period)
        if key in seen:
            raise UnitError(f"{RATES_FILE} states {rate.label!r} twice; keep one row")
        seen.add(key)


@lru_cache(maxsize=4096)
def _flow_rate(table: ExchangeRates, currency: str, period: Period) -> tuple[Decimal, str]:
    if currency == "USD":
        return _ONE, ""
    averages = {rate.period: rate for rate in table.of(currency, "average")}
    if period in averages:
        return averages[period].per_usd, averages[period].label
    tiling = smallest_tiling(period, list(averages))
    with localcontext(_DIGITS):
        if tiling:
            weighted = sum((averages[p].per_usd * p.days for p in tiling), Decimal(0))
            rate = weighted / period.days
            words = f"day-weighted mean of {len(tiling)} averages over {period.label}"
            return rate, f"{currency} {_shown(rate)} per USD, {words}"
        spots = [r.per_usd for r in table.of(currency, "spot") if period.contains(r.period)]
        if spots:
            rate = sum(spots, Decimal(0)) / len(spots)
            words = f"mean of {len(spots)} spot rates in {period.label} (no average known)"
            return rate, f"{currency} {_shown(rate)} per USD, {words}"
    raise UnitError(
        f"no exchange rate of {currency!r} for {period.label} ({period.start} to {period.end}): "
        f"append its average with a source to datasets/{RATES_FILE}, or state the amount in "
        "the reporting currency"
    )


@lru_cache(maxsize=4096)
def _spot_rate(table: ExchangeRates, currency: str, on: date) -> tuple[Decimal, str]:
    if currency == "USD":
        return _ONE, ""
    spots = table.of(currency, "spot")
    recent = [r for r in spots if 0 <= (on - r.period.end).days <= OLDEST_SPOT_DAYS]
    if not recent:
        raise UnitError(
            f"no spot exchange rate of {currency!r} on {on} or in the {OLDEST_SPOT_DAYS} days "
            f"before: append it with a source to datasets/{RATES_FILE}, or state the amount in "
            "the reporting currency"
        )
    latest = max(recent, key=lambda rate: rate.period.end)
    return latest.per_usd, latest.label


def _converted(amount: Decimal, pair: list[tuple[Decimal, str]]) -> tuple[Decimal, str]:
    (from_rate, from_text), (to_rate, to_text) = pair
    with localcontext(_DIGITS):
        converted = amount * to_rate / from_rate
    return converted, "; ".join(text for text in (from_text, to_text) if text)


def _shown(rate: Decimal) -> Decimal:
    return rate.quantize(Decimal("0.0001"))
