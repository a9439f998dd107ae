"""Price history of the models a company uses: each step with its dates, state and source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from diligence.prices import PriceBook
from diligence.prices.price_records import PriceRecord, TieredRate, ruling
from diligence.prices.repricings import Repricing, alias_repricings, repricings
from diligence.projections.model_listings import ModelListings

if TYPE_CHECKING:
    import pandas as pd

    from diligence.prices.repricing_events import RepricingEvent

AHEAD = date.max
StepState = Literal["effective", "announced", "withdrawn"]


@dataclass(frozen=True)
class PriceStep:
    """One list price of one model, from a day on.

    Prices are USD per million tokens at the base context tier; None means not listed, never free.
    ``announced`` when the day lies after the last day the data know: it may still be cancelled.
    """

    provider: str
    model: str
    effective_date: date
    known_on: date
    state: StepState
    usd_per_mtok_input: Decimal | None
    usd_per_mtok_output: Decimal | None
    usd_per_mtok_cached_input: Decimal | None
    dated: bool
    source: str
    grade: str = ""
    note: str = ""

    @property
    def blended(self) -> Decimal | None:
        """Three parts input to one part output; None where either is not listed."""
        if self.usd_per_mtok_input is None or self.usd_per_mtok_output is None:
            return None
        return (3 * self.usd_per_mtok_input + self.usd_per_mtok_output) / 4


@dataclass(frozen=True)
class ModelPriceHistory:
    """Prices of some models over a window, with the knowledge of one day.

    ``cancelled`` names announcements that were taken back: none of them is a step. ``events`` are
    dated events of the library that touch the makers of these models.
    """

    start: date
    end: date
    known_on: date
    vintage: str
    steps: tuple[PriceStep, ...]
    repricings: tuple[Repricing, ...] = ()
    events: tuple[RepricingEvent, ...] = ()
    cancelled: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """(provider, model) of every model with a step."""
        return tuple(dict.fromkeys((step.provider, step.model) for step in self.steps))

    @property
    def moved(self) -> tuple[tuple[str, str], ...]:
        """Models with more than one price in the window or announced after it."""
        priced = [(s.provider, s.model) for s in self.steps if s.state != "withdrawn"]
        return tuple(name for name in self.models if priced.count(name) > 1)

    def of(self, provider: str, model: str) -> tuple[PriceStep, ...]:
        """Steps of one model, oldest first."""
        return tuple(s for s in self.steps if (s.provider, s.model) == (provider, model))

    def to_frame(self) -> pd.DataFrame:
        """One row a step."""
        import pandas as pd

        columns = [
            "provider",
            "model",
            "effective_date",
            "known_on",
            "state",
            "usd_per_mtok_input",
            "usd_per_mtok_output",
            "usd_per_mtok_cached_input",
            "source",
            "grade",
        ]
        rows = [[getattr(step, column) for column in columns] for step in self.steps]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    def summary(self) -> str:
        """How many models, how many moved, what was announced or cancelled, and the vintage."""
        announced = sum(step.state == "announced" for step in self.steps)
        lines = [
            f"{len(self.models)} models with a list price from {self.start} to {self.end}, "
            f"{len(self.moved)} with a change, {announced} announced ({self.vintage})",
            *(f"cancelled: {words}" for words in self.cancelled),
        ]
        if self.unlisted:
            lines.append(f"no list price: {', '.join(self.unlisted)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def model_price_history(
    models: ModelListings,
    book: PriceBook,
    *,
    start: date,
    end: date,
    known_on: date | None = None,
) -> ModelPriceHistory:
    """Read the price steps of models off the price book.

    Parameters
    ----------
    models
        Models in use, by the names usage gives, and those that nobody lists.
    book
        The price book.
    start, end
        Window: the price in force on its first day and every later one, to the announced ones.
    known_on
        Use only what was known by this day; a cancelled announcement leaves the steps on the day
        its cancellation became known.

    Examples
    --------
    >>> from datetime import date
    >>> from diligence.projections.model_listings import model_listings
    >>> book, day = PriceBook.load(), date(2025, 12, 31)
    >>> models = model_listings([("openai", "o3")], book, day=day)
    >>> history = model_price_history(
    ...     models, book, start=date(2025, 5, 1), end=day, known_on=day
    ... )
    >>> [(f"{s.effective_date}", str(s.usd_per_mtok_input)) for s in history.steps]
    [('2025-04-16', '10'), ('2025-06-10', '2')]

    The same model at a fifth of its price: whoever had a fixed price with a reseller did not
    get this fall.
    """
    known = book.knowledge(known_on)
    until = min(known, book.vintage_date)
    lines = [book.line(listing) for listing in models.listings]
    changes = [c for line in lines for c in repricings(line, known_on=known, until=until)]
    moves = alias_repricings(book, known_on=known, until=until)
    named = {model.lower() for _, model in models.found}
    changes += [move for move in moves if move.model in named]
    makers = {listing.provider for listing in models.listings}
    return ModelPriceHistory(
        start=start,
        end=end,
        known_on=known,
        vintage=book.vintage,
        steps=tuple(step for line in lines for step in _steps(line, start, known, until)),
        repricings=tuple(
            sorted(
                (c for c in changes if c.effective_date >= start),
                key=lambda c: (c.effective_date, c.provider, c.model),
            )
        ),
        events=tuple(e for e in book.events(start, AHEAD, known_on=known) if e.provider in makers),
        cancelled=tuple(words for line in lines for words in _cancelled(line, start, known)),
        unlisted=models.unlisted,
    )


def _steps(
    line: Sequence[PriceRecord], start: date, known: date, until: date
) -> Iterator[PriceStep]:
    """Steps from the one in force at the start on, records that price alike as one."""
    steps: list[PriceStep] = []
    for record in ruling(line, known):
        step = _step(record, until)
        if steps and _alike(steps[-1], step):
            steps[-1] = replace(steps[-1], usd_per_mtok_cached_input=_cached(steps[-1], step))
        else:
            steps.append(step)
    in_force = [step for step in steps if step.effective_date <= start][-1:]
    yield from in_force
    yield from (step for step in steps if step.effective_date > start)


def _alike(before: PriceStep, after: PriceStep) -> bool:
    """Whether nothing that both list differs: a source that lists less is no change."""
    cached = (before.usd_per_mtok_cached_input, after.usd_per_mtok_cached_input)
    return (
        (before.usd_per_mtok_input, before.usd_per_mtok_output)
        == (after.usd_per_mtok_input, after.usd_per_mtok_output)
        and "withdrawn" not in (before.state, after.state)
        and (None in cached or cached[0] == cached[1])
    )


def _cached(before: PriceStep, after: PriceStep) -> Decimal | None:
    known = (before.usd_per_mtok_cached_input, after.usd_per_mtok_cached_input)
    return known[0] if known[1] is None else known[1]


def _step(record: PriceRecord, until: date) -> PriceStep:
    state: StepState = "announced" if record.effective_date > until else "effective"
    return PriceStep(
        provider=record.provider,
        model=record.model,
        effective_date=record.effective_date,
        known_on=record.known_on,
        state="withdrawn" if record.state == "withdrawn" else state,
        usd_per_mtok_input=_base(record.input),
        usd_per_mtok_output=_base(record.output),
        usd_per_mtok_cached_input=_base(record.cached_input),
        dated=record.date_basis != "undated",
        source=record.source,
        grade=record.grade,
        note=record.note,
    )


def _base(rate: TieredRate | None) -> Decimal | None:
    return rate.base if rate else None


def _cancelled(line: Sequence[PriceRecord], start: date, known: date) -> Iterator[str]:
    for record in line:
        is_known = record.state == "cancelled" and record.known_on <= known
        if is_known and record.effective_date >= start:
            yield (
                f"{record.model}: the change announced for {record.effective_date} was "
                f"cancelled (known {record.known_on})"
            )
