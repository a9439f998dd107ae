"""Who is to blame for a loss: prices, tokens, use, customers, training, and the company's answer.

Shapley (1953): each cause gets its average effect over all orders in which the causes could have
come. The shares add up to the loss, causes that act alike get alike, and one that does nothing gets
nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial, fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from diligence.errors import InputError
from diligence.projections.company_model import CompanyModel, SegmentModel
from diligence.projections.month_engine import CompanyMonths, run_months
from diligence.projections.response_modes import frozen
from diligence.projections.shocks import Array, Shock

if TYPE_CHECKING:
    import pandas as pd

MOVES = {
    "price": "prices",
    "tokens": "tokens for the same task",
    "usage": "use per customer",
    "customers": "customers",
    "own_cost": "own training cost",
}
ANSWERS = {
    "pass_through": "passed on to customers",
    "churn": "customers who leave",
    "mix": "re-routing, own GPUs and levers",
}
MEASURES = ("gross_profit", "operating_result", "cash")


@dataclass(frozen=True)
class Cause:
    """Part of a change that one cause has; reporting currency, a loss is negative.

    ``gross_profit`` and ``operating_result`` are of the last month, ``cash`` is what is missing at
    its end; None where cash is unknown.
    """

    name: str
    gross_profit: float
    operating_result: float
    cash: float | None

    @property
    def words(self) -> str:
        """The cause in words."""
        return (MOVES | ANSWERS)[self.name]


@dataclass(frozen=True)
class LossAttribution:
    """A change from the baseline, shared out among its causes; they add up to it."""

    company: str
    month: int
    before: Mapping[str, float]
    after: Mapping[str, float]
    causes: tuple[Cause, ...]

    def total(self, measure: str = "gross_profit") -> float:
        """Sum over causes of one measure: the change from the baseline."""
        return fsum(getattr(cause, measure) or 0.0 for cause in self.causes)

    def to_frame(self) -> pd.DataFrame:
        """One row a cause."""
        import pandas as pd

        return pd.DataFrame([vars(cause) for cause in self.causes])

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "month": self.month,
            "before": dict(self.before),
            "after": dict(self.after),
            "causes": [vars(cause) for cause in self.causes],
        }

    def summary(self) -> str:
        """The change of gross profit and its causes, largest first."""
        parts = [
            f"{cause.words} {cause.gross_profit:+,.0f}"
            for cause in sorted(self.causes, key=lambda cause: -abs(cause.gross_profit))
            if cause.gross_profit
        ]
        return (
            f"gross profit of month {self.month} {self.total():+,.0f}: "
            f"{', '.join(parts) or 'nothing moves it'}"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def attribute_loss(model: CompanyModel, shock: Shock) -> LossAttribution:
    """Share out what a shock costs among what moves and how the company answers.

    The start is the company held still under no shock, the end is the company as its model says
    under the whole shock. Every coalition of causes is run through the month engine: moves as
    paths of one run, answers as runs of their own.

    Parameters
    ----------
    model
        One month at run rate, with the responses that are to count.
    shock
        One path.

    Raises
    ------
    InputError
        When the shock has more than one path.

    Examples
    --------
    Tokens of 30 a month: twice the price and twice the tokens cost 90 more, half of it each.

    >>> from diligence.projections.company_model import PricedLine, PriceKey, SegmentModel
    >>> line = PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=30.0)
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 100.0, 10.0, lines=(line,)),))
    >>> twice = np.full((12, 1), 2.0)
    >>> shock = Shock(12, {PriceKey("tokens", "buy"): twice}, tokens=twice)
    >>> print(attribute_loss(model, shock).summary())
    gross profit of month 12 -90: prices -45, tokens for the same task -45
    """
    _require_one_path(shock)
    moves = [name for name in MOVES if _moves(shock, name)]
    answers = [name for name in ANSWERS if _without(model, name) != model]
    players = [*moves, *answers]
    worth = _worth(model, shock, moves, answers)
    values = {
        measure: _shapley(players, {group: found[measure] for group, found in worth.items()})
        for measure in MEASURES
    }
    before, after = worth[frozenset()], worth[frozenset(players)]
    knows_cash = model.cash is not None and model.bridge is not None
    return LossAttribution(
        company=model.name,
        month=shock.months,
        before=_known(before, knows_cash),
        after=_known(after, knows_cash),
        causes=tuple(
            Cause(
                name,
                values["gross_profit"][name],
                values["operating_result"][name],
                values["cash"][name] if knows_cash else None,
            )
            for name in players
        ),
    )


def shapley_values(
    players: Sequence[str], worth: Callable[[frozenset[str]], float]
) -> dict[str, float]:
    """Shapley value of each player of a game: exact, over all 2^n coalitions.

    Examples
    --------
    A left glove and two right ones; a pair is worth 6.

    >>> pair = lambda who: 6.0 if "left" in who and len(who) > 1 else 0.0
    >>> shapley_values(["left", "right", "spare"], pair)
    {'left': 4.0, 'right': 1.0, 'spare': 1.0}

    The scarce glove takes two thirds.
    """
    return _shapley(players, {group: worth(group) for group in _coalitions(players)})


def _shapley(players: Sequence[str], worth: Mapping[frozenset[str], float]) -> dict[str, float]:
    n = len(players)
    weights = [factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)]
    return {
        player: fsum(
            weights[len(group)] * (worth[group | {player}] - value)
            for group, value in worth.items()
            if player not in group
        )
        for player in players
    }


def _coalitions(players: Sequence[str]) -> list[frozenset[str]]:
    return [
        frozenset(group)
        for size in range(len(players) + 1)
        for group in combinations(players, size)
    ]


def _worth(
    model: CompanyModel, shock: Shock, moves: Sequence[str], answers: Sequence[str]
) -> dict[frozenset[str], dict[str, float]]:
    """Every measure of every coalition of moves and answers."""
    groups = _coalitions(moves)
    joint = _as_paths(shock, groups)
    found: dict[frozenset[str], dict[str, float]] = {}
    for answering in _coalitions(answers):
        company = model
        for name in answers:
            if name not in answering:
                company = _without(company, name)
        measured = _measured(company, run_months(company, joint), len(groups))
        for place, group in enumerate(groups):
            found[group | answering] = {name: float(row[place]) for name, row in measured.items()}
    return found


def _measured(model: CompanyModel, months: CompanyMonths, paths: int) -> dict[str, Array]:
    rows = {
        "gross_profit": (months.revenue - months.paid_cost)[-1],
        "operating_result": months.operating_result[-1],
        "cash": np.zeros(1) if months.cash_burn is None else -months.cash_burn.sum(axis=0),
    }
    return {name: np.broadcast_to(row, (paths,)) for name, row in rows.items()}


def _as_paths(shock: Shock, groups: Sequence[frozenset[str]]) -> Shock:
    """One path a coalition: what is not in it stays at exactly one."""

    def spread(level: Array | None, name: str) -> Array | None:
        if level is None:
            return None
        inside = np.array([name in group for group in groups])
        return np.where(inside[None, :], level, 1.0)

    prices = {key: spread(level, "price") for key, level in shock.prices.items()}
    return Shock(
        shock.months,
        {key: level for key, level in prices.items() if level is not None},
        tokens=spread(shock.tokens, "tokens"),
        usage=spread(shock.usage, "usage"),
        customers=spread(shock.customers, "customers"),
        retraining=spread(shock.retraining, "own_cost"),
    )


def _moves(shock: Shock, name: str) -> bool:
    if name == "price":
        return bool(shock.prices)
    return getattr(shock, "retraining" if name == "own_cost" else name) is not None


def _without(model: CompanyModel, answer: str) -> CompanyModel:
    """The same company without one of its answers."""
    if answer == "mix":
        return dataclasses.replace(model, levers=(), rerouting=(), self_host=())
    if answer == "pass_through":
        segments = frozen(model).segments
        parts = tuple(
            dataclasses.replace(part, lines=still.lines)
            for part, still in zip(model.segments, segments, strict=True)
        )
    else:
        parts = tuple(_staying(part) for part in model.segments)
    return dataclasses.replace(model, segments=parts)


def _staying(part: SegmentModel) -> SegmentModel:
    return dataclasses.replace(
        part, response=dataclasses.replace(part.response, price_elasticity=0.0)
    )


def _known(values: Mapping[str, float], knows_cash: bool) -> dict[str, float]:
    return {name: value for name, value in values.items() if knows_cash or name != "cash"}


def _require_one_path(shock: Shock) -> None:
    levels = [
        *shock.prices.values(),
        *(
            x
            for x in (shock.tokens, shock.usage, shock.customers, shock.retraining)
            if x is not None
        ),
    ]
    widest = max((level.shape[1] for level in levels), default=1)
    if widest > 1:
        raise InputError(f"A loss is attributed path by path; the shock has {widest} paths.")
