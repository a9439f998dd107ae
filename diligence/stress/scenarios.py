"""A scenario: named moves of prices, tokens, usage, customers or training, with source and date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np

from diligence.errors import InputError
from diligence.projections.company_model import PriceKey
from diligence.projections.shocks import Array, Shock
from diligence.stress import price_paths

if TYPE_CHECKING:
    import pandas as pd

PriceTarget = Literal["tokens", "gpu_hours", "seats", "cloud"]
LevelTarget = Literal["tokens_per_task", "usage", "customers", "training"]
Target = Literal[
    "tokens", "gpu_hours", "seats", "cloud", "tokens_per_task", "usage", "customers", "training"
]
Shape = Literal[
    "step",
    "ramp",
    "half_life",
    "late_and_sudden",
    "intro_expiry",
    "retirement",
    "pulse",
    "compounding",
    "corridor",
    "reverting",
    "regime",
]
Case = Literal["low", "base", "high"]
Kind = Literal["article", "replay", "house", "analyst"]
PRICE_TARGETS: tuple[Target, ...] = ("tokens", "gpu_hours", "seats", "cloud")


@dataclass(frozen=True)
class Size:
    """A multiple of today's level with its range."""

    base: float
    low: float | None = None
    high: float | None = None

    def at(self, case: Case) -> float:
        """The multiple of one case; the base where a range is not stated."""
        chosen = {"low": self.low, "base": self.base, "high": self.high}[case]
        return self.base if chosen is None else chosen


@dataclass(frozen=True)
class Move:
    """One level that moves, and how.

    ``side`` and what narrows it (``supplier``, ``model``) belong to prices; an empty side is what
    the company pays, bought or rented. ``start`` is a month from 1 on or a date. What a shape
    needs besides stands in the field of its name.
    """

    of: Target
    shape: Shape
    multiple: Size = Size(1.0)
    start: int | date = 1
    side: Literal["", "buy", "rent", "sell", "every"] = ""
    supplier: str = ""
    model: str = ""
    over: int = 1
    half_life: float = 1.0
    per_year: float = 1.0
    per_month: float = 0.0
    subsidy: float = 0.0
    cost_decline: float = 0.0
    enter: float = 0.0
    leave: float = 0.0
    tokens: float = 1.0

    def covers(self, key: PriceKey) -> bool:
        """Tell whether the move is one of this price."""
        sides = {"": ("buy", "rent"), "every": ("buy", "rent", "sell")}.get(self.side, (self.side,))
        return (
            self.of == key.input
            and key.side in sides
            and self.supplier.casefold() in ("", key.supplier.casefold())
            and self.model.casefold() in ("", key.model.casefold())
        )

    def path(self, *, months: int, after: date, case: Case = "base") -> Array:
        """Level over today's by month, shape (months,).

        Raises
        ------
        InputError
            When the move starts on or before the date of the analysis: today's price holds it.
        """
        start = _start_month(self, after)
        size = self.multiple.at(case)
        shapes: dict[Shape, Callable[[], Array]] = {
            "step": lambda: price_paths.step(size, months=months, start=start),
            "intro_expiry": lambda: price_paths.step(size, months=months, start=start),
            "retirement": lambda: price_paths.step(size * self.tokens, months=months, start=start),
            "ramp": lambda: price_paths.ramp(size, months=months, over=self.over, start=start),
            "half_life": lambda: price_paths.half_life(
                size, months=months, half_life=self.half_life, start=start
            ),
            "late_and_sudden": lambda: price_paths.late_and_sudden(
                size, months=months, start=start
            ),
            "pulse": lambda: price_paths.pulse(size, months=months, over=self.over, start=start),
            "compounding": lambda: price_paths.compounding(
                self.per_year, months=months, start=start
            ),
            "corridor": lambda: price_paths.corridor(
                self.subsidy,
                months=months,
                half_life=self.half_life,
                cost_decline=self.cost_decline,
                start=start,
            ),
            "reverting": lambda: price_paths.reverting(
                size, months=months, per_month=self.per_month, start=start
            ),
            "regime": lambda: price_paths.expected_regime(
                size,
                months=months,
                enter_per_month=self.enter,
                leave_per_month=self.leave,
                start=start,
            ),
        }
        return shapes[self.shape]()


@dataclass(frozen=True)
class Scenario:
    """Named moves with their source; what is not moved stays.

    Attributes
    ----------
    kind
        ``article`` (a claim of the press), ``replay`` (a real event), ``house`` (a rule of this
        toolkit) or ``analyst``.
    dated
        Date of the source or event.
    responses
        ``frozen`` holds the company still: it passes nothing on and mitigates nothing.
    """

    name: str
    title: str
    moves: tuple[Move, ...]
    kind: Kind = "analyst"
    source: str = ""
    dated: date | None = None
    note: str = ""
    responses: Literal["stated", "frozen"] = "stated"

    @property
    def has_range(self) -> bool:
        """True when a move states a low or a high multiple."""
        return any(
            move.multiple.low is not None or move.multiple.high is not None for move in self.moves
        )

    def shock(
        self, keys: Iterable[PriceKey], *, months: int, after: date, case: Case = "base"
    ) -> Shock:
        """Moves as the engine takes them; moves of one level multiply.

        Parameters
        ----------
        keys
            Prices of the company; a move that covers none of them changes nothing.
        months
            Months ahead.
        after
            Date of the analysis; month 1 is the month after it.
        case
            Which multiple of a range.
        """

        def product(moves: Sequence[Move]) -> Array | None:
            if not moves:
                return None
            paths = [move.path(months=months, after=after, case=case) for move in moves]
            joint: Array = np.prod(np.stack(paths), axis=0)
            return joint[:, None]

        prices = {
            key: level
            for key in sorted(set(keys))
            if (level := product([move for move in self.moves if move.covers(key)])) is not None
        }
        return Shock(
            months,
            prices,
            tokens=product([m for m in self.moves if m.of == "tokens_per_task"]),
            usage=product([m for m in self.moves if m.of == "usage"]),
            customers=product([m for m in self.moves if m.of == "customers"]),
            retraining=product([m for m in self.moves if m.of == "training"]),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a move."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "of": move.of,
                    "side": move.side,
                    "supplier": move.supplier,
                    "model": move.model,
                    "shape": move.shape,
                    "start": move.start,
                    "low": move.multiple.at("low"),
                    "base": move.multiple.base,
                    "high": move.multiple.at("high"),
                }
                for move in self.moves
            ]
        )

    def summary(self) -> str:
        """Title, kind and date."""
        when = f", {self.dated}" if self.dated else ""
        return f"{self.title} ({self.kind}{when})"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def composed(scenarios: Sequence[Scenario]) -> Scenario:
    """Join scenarios into one: all their moves at once, whatever the order.

    Raises
    ------
    InputError
        When one is named twice, or none is given.

    Examples
    --------
    >>> up = Scenario("up", "Prices double", (Move("tokens", "step", Size(2.0)),))
    >>> agents = Scenario("agents", "Agents", (Move("tokens_per_task", "step", Size(10.0)),))
    >>> composed([up, agents]).name
    'agents + up'
    """
    by_name = sorted(scenarios, key=lambda scenario: scenario.name)
    names = [scenario.name for scenario in by_name]
    if not names:
        raise InputError("No scenario to compose; name at least one.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"The scenario {twice!r} is named twice; its moves would multiply. Name it once."
        )
    if len(by_name) == 1:
        return by_name[0]
    return Scenario(
        name=" + ".join(names),
        title=" and ".join(scenario.title for scenario in by_name),
        moves=tuple(move for scenario in by_name for move in scenario.moves),
        kind="analyst",
        responses="frozen" if any(s.responses == "frozen" for s in by_name) else "stated",
        source="; ".join(scenario.source for scenario in by_name if scenario.source),
    )


def _start_month(move: Move, after: date) -> int:
    if isinstance(move.start, int):
        return move.start
    month = 12 * (move.start.year - after.year) + move.start.month - after.month
    if month < 1:
        raise InputError(
            f"A move of {move.of} starts on {move.start}, but the analysis is of {after}: today's "
            "level holds it already. Give it a later month, or leave it out."
        )
    return month
