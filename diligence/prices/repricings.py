"""Changes of list price at an unchanged name, read off the price book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Literal

from diligence.prices.price_records import PriceRecord, ruling
from diligence.prices.token_price import number

if TYPE_CHECKING:
    from diligence.prices.alias_file import AliasMove
    from diligence.prices.price_book import PriceBook

INPUT_PARTS = 3
OUTPUT_PARTS = 1


@dataclass(frozen=True)
class Repricing:
    """One change of list price at one name.

    Parameters
    ----------
    kind
        ``repricing`` of the same model, or ``alias_move`` when the provider pointed the name at
        another model on that day: the new price buys something else.
    input_before, input_after, output_before, output_after
        USD per million tokens, base tier; None where not listed.
    multiple
        Price after over price before, three parts input to one part output.
    target
        The model the name stands for after an alias move.
    state
        ``announced`` when the change lies after the last day the data know.
    """

    provider: str
    model: str
    effective_date: date
    known_on: date
    kind: Literal["repricing", "alias_move"]
    state: Literal["effective", "announced"]
    input_before: Decimal | None
    input_after: Decimal | None
    output_before: Decimal | None
    output_after: Decimal | None
    multiple: Decimal
    source: str
    target: str = ""

    def to_json(self) -> dict[str, Any]:
        """Shape that ``diligence prices events --json`` prints; an unlisted price is null."""
        return {
            "provider": self.provider,
            "model": self.model,
            "effective_date": self.effective_date.isoformat(),
            "known_on": self.known_on.isoformat(),
            "kind": self.kind,
            "state": self.state,
            "usd_per_mtok_before": {
                "input": number(self.input_before),
                "output": number(self.output_before),
            },
            "usd_per_mtok_after": {
                "input": number(self.input_after),
                "output": number(self.output_after),
            },
            "multiple": float(self.multiple),
            "target": self.target or None,
            "source": self.source,
        }

    def summary(self) -> str:
        """One line: day, name, prices before and after, size."""
        state = "" if self.state == "effective" else " (announced)"
        moved = f", the name moved to {self.target}" if self.kind == "alias_move" else ""
        return (
            f"{self.effective_date}  {self.provider}/{self.model}{state}: "
            f"{_pair(self.input_before, self.output_before)} to "
            f"{_pair(self.input_after, self.output_after)} USD per Mtok, "
            f"x{self.multiple:.3g}{moved}"
        )


def repricings(
    records: Sequence[PriceRecord], *, known_on: date, until: date
) -> tuple[Repricing, ...]:
    """Changes between consecutive prices of one model, as known on a day.

    Parameters
    ----------
    records
        Every record of the model.
    known_on
        Use only what was known by this day.
    until
        Last day the data know; a later change is announced.
    """
    line = [r for r in ruling(records, known_on) if r.is_priced]
    return tuple(
        _change(before, after, until=until)
        for before, after in pairwise(line)
        if _changed(before, after)
        # an undated list that first shows a price does not date a change of it
        and after.date_basis != "undated"
    )


def alias_repricings(book: PriceBook, *, known_on: date, until: date) -> tuple[Repricing, ...]:
    """Changes of price at a name because the provider moved the name to another model."""
    found = []
    for _, group in groupby(book.aliases, key=lambda move: (move.provider, move.alias)):
        moves = [move for move in group if move.known_on <= known_on]
        for old, new in pairwise(moves):
            before = _record(book, old, new.effective_date - timedelta(1), known_on)
            after = _record(book, new, new.effective_date, known_on)
            if before and after and _changed(before, after):
                change = _change(before, after, until=until)
                found.append(
                    replace(
                        change,
                        kind="alias_move",
                        model=new.alias,
                        target=new.target,
                        effective_date=new.effective_date,
                        known_on=max(new.known_on, after.known_on),
                        state="announced" if new.effective_date > until else "effective",
                        source=new.source,
                    )
                )
    return tuple(found)


def is_moving_name(moves: Sequence[AliasMove], provider: str, model: str) -> bool:
    """Whether a listed name only stands for other models and is none itself."""
    name = model.lower()
    mine = [move for move in moves if (move.provider, move.alias) == (provider, name)]
    return bool(mine) and all(move.target.lower() != name for move in mine)


def _record(book: PriceBook, move: AliasMove, day: date, known_on: date) -> PriceRecord | None:
    listing = book.find(move.target, provider=move.provider)
    line = [r for r in ruling(book.line(listing), known_on) if r.effective_date <= day]
    return line[-1] if line and line[-1].is_priced else None


def _changed(before: PriceRecord, after: PriceRecord) -> bool:
    comparable = bool(_base_blend(before)) and bool(_base_blend(after))
    return comparable and _bases(before) != _bases(after)


def _change(before: PriceRecord, after: PriceRecord, *, until: date) -> Repricing:
    old, new = _bases(before), _bases(after)
    return Repricing(
        provider=after.provider,
        model=after.model,
        effective_date=after.effective_date,
        known_on=after.known_on,
        kind="repricing",
        state="announced" if after.effective_date > until else "effective",
        input_before=old[0],
        input_after=new[0],
        output_before=old[1],
        output_after=new[1],
        multiple=_base_blend(after) / _base_blend(before),
        source=after.source,
    )


def _bases(record: PriceRecord) -> tuple[Decimal | None, Decimal | None]:
    rates = (record.input, record.output)
    return rates[0].base if rates[0] else None, rates[1].base if rates[1] else None


def _base_blend(record: PriceRecord) -> Decimal:
    """Three parts input to one part output, or the one that is listed; 0 when none is."""
    given, received = _bases(record)
    if given is None or received is None:
        return given or received or Decimal(0)
    return (INPUT_PARTS * given + OUTPUT_PARTS * received) / (INPUT_PARTS + OUTPUT_PARTS)


def _pair(given: Decimal | None, received: Decimal | None) -> str:
    return "/".join(
        "-" if price is None else f"{price.normalize():f}" for price in (given, received)
    )
