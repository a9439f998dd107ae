"""One dated price of one model, with the day it applies from and the day it became known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Literal

RecordState = Literal["announced", "effective", "cancelled", "withdrawn"]
DateBasis = Literal["documented", "first_seen", "undated"]


@dataclass(frozen=True)
class TieredRate:
    """USD per million tokens; `steps` are (input tokens above which it applies, rate)."""

    base: Decimal
    steps: tuple[tuple[int, Decimal], ...] = ()

    def at(self, context_tokens: int) -> Decimal:
        """Rate of a request with this many input tokens; the whole request pays it."""
        return next(
            (r for start, r in reversed(self.steps) if context_tokens > start),
            self.base,
        )

    def tier(self, context_tokens: int) -> int:
        """Threshold in input tokens that the request is above; 0 is the base tier."""
        return max((start for start, _ in self.steps if context_tokens > start), default=0)


@dataclass(frozen=True)
class HourlyRate:
    """Price that replaces the base price between two times of the day (UTC)."""

    start: time
    end: time
    input: TieredRate | None
    output: TieredRate | None
    cached_input: TieredRate | None = None

    @property
    def label(self) -> str:
        """Hours as a price list writes them: ``16:30-00:30 UTC``."""
        return f"{self.start:%H:%M}-{self.end:%H:%M} UTC"


@dataclass(frozen=True)
class PriceRecord:
    """What was known on a day about the price of a model from another day on.

    Parameters
    ----------
    provider, model
        Identifiers of the price book.
    effective_date, known_on
        First day of the price, and the first day on which it could be known.
    state
        ``announced`` before it starts and ``effective`` after; ``cancelled`` takes back what was
        announced for this effective date; ``withdrawn`` ends the model.
    input, output, cached_input, cache_write, batch_input, batch_output
        USD per million tokens by context tier; None means not listed, never free.
    hours
        Prices that replace the base price at some hours of the day.
    date_basis
        ``documented`` when the source states the day, ``first_seen`` when it lies in
        (`not_before`, `effective_date`], ``undated`` when the source only vouches from then on.
    source, grade, checked, how_checked, note
        Where it stands, how good the source is (A to E), when and against what it was checked,
        what to bear in mind.
    rank
        Of two records of the same effective date the higher rank rules: 0 a collected list,
        1 the project's own file, 2 a file of the user.
    """

    provider: str
    model: str
    effective_date: date
    known_on: date
    state: RecordState
    input: TieredRate | None = None
    output: TieredRate | None = None
    cached_input: TieredRate | None = None
    cache_write: TieredRate | None = None
    batch_input: TieredRate | None = None
    batch_output: TieredRate | None = None
    hours: tuple[HourlyRate, ...] = ()
    date_basis: DateBasis = "documented"
    not_before: date | None = None
    source: str = ""
    grade: str = ""
    checked: date | None = None
    how_checked: str = ""
    note: str = ""
    rank: int = 0

    @property
    def is_priced(self) -> bool:
        """Whether an input or output price stands in the record."""
        return self.input is not None or self.output is not None

    def prices_like(self, other: PriceRecord) -> bool:
        """Whether input and output cost the same at every context length."""
        return (self.input, self.output) == (other.input, other.output)


def combine(records: Iterable[PriceRecord]) -> tuple[PriceRecord, ...]:
    """Put the records of one model from several sources in order of rank and knowledge.

    An undated record that contradicts a dated one of a better source in force on its first day
    is left out: a list that does not date its prices cannot overrule one that does.
    """
    ordered = sorted(records, key=lambda r: (r.rank, r.known_on, r.effective_date))
    return tuple(r for r in ordered if r.date_basis != "undated" or not _is_overruled(r, ordered))


def ruling(records: Sequence[PriceRecord], known_on: date) -> list[PriceRecord]:
    """The record that rules from each effective date on, as known on a day, oldest first.

    What became known later is invisible; a cancelled announcement is left out from the day its
    cancellation became known.
    """
    latest = {r.effective_date: r for r in records if r.known_on <= known_on}
    return [latest[day] for day in sorted(latest) if latest[day].state != "cancelled"]


def run_start(line: Sequence[PriceRecord]) -> PriceRecord:
    """First of the last records of a line that price alike: since when the price stands."""
    first = line[-1]
    for record in reversed(line):
        if record.state == "withdrawn" or not record.prices_like(line[-1]):
            break
        first = record
    return first


def _is_overruled(undated: PriceRecord, records: Sequence[PriceRecord]) -> bool:
    better = [
        r
        for r in records
        if r.rank > undated.rank
        and r.effective_date <= undated.effective_date
        and (r.is_priced or r.state == "withdrawn")
    ]
    if not better:
        return False
    return not max(better, key=lambda r: r.effective_date).prices_like(undated)
