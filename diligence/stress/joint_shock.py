"""The most plausible joint shock that breaks a company, and how far away it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.projections.month_engine import run_months
from diligence.projections.shocks import Array, Shock
from diligence.stress.break_even import Status, Target
from diligence.stress.first_crossing import first_crossings
from diligence.stress.price_walk import headroom
from diligence.stress.shock_sizes import FACTORS, ShockSizes

if TYPE_CHECKING:
    import pandas as pd

FARTHEST = 8.0
"""Standard deviations that are searched; beyond, sizes of shocks mean nothing."""
_RADII = np.linspace(0.0, FARTHEST, 33)
_DIRECTIONS, _STARTS, _SEED = 192, 6, 20261121
_PRICES = {
    "token_price": PriceKey("tokens", "buy"),
    "gpu_rent": PriceKey("gpu_hours", "rent"),
    "sold_token_price": PriceKey("tokens", "sell"),
}
_NEARBY = 0.02
"""Standard deviations under which a factor is not told."""


@dataclass(frozen=True)
class FactorMove:
    """One factor of a joint shock: its multiple of today, and how many of its own sds that is."""

    factor: str
    multiple: float
    sds: float

    @property
    def words(self) -> str:
        """The move in words."""
        return f"{FACTORS[self.factor]} x{self.multiple:.2f}"

    @property
    def shows(self) -> bool:
        """False when the multiple rounds to 1.00."""
        return abs(self.multiple - 1.0) >= 0.005


@dataclass(frozen=True)
class JointShock:
    """The nearest shock that misses a target, under stated sizes and correlations.

    Attributes
    ----------
    distance
        Mahalanobis distance: standard deviations from today; 0 where the company is broken
        already, None where nothing within eight of them breaks it.
    moves
        The shock, largest move first.
    as_far_or_farther
        Chance that the factors together are at least that far from today in any direction.
    breaking
        First-order chance that they cross the target: exact where it is a plane.
    """

    rung: str
    target: Target
    status: Status
    distance: float | None
    moves: tuple[FactorMove, ...] = ()
    as_far_or_farther: float | None = None
    breaking: float | None = None

    def to_frame(self) -> pd.DataFrame:
        """One row a factor."""
        import pandas as pd

        return pd.DataFrame([vars(move) for move in self.moves])

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "rung": self.rung,
            "target": self.target,
            "status": self.status,
            "distance": self.distance,
            "as_far_or_farther": self.as_far_or_farther,
            "breaking": self.breaking,
            "moves": {move.factor: move.multiple for move in self.moves},
        }

    def summary(self) -> str:
        """Distance and direction in words."""
        what = "runway" if self.rung == "cash" else "margin"
        if self.status == "already_below":
            return f"the {what} misses its target today"
        if self.status == "unknown":
            return "no revenue, so no margin that could break"
        if self.distance is None or self.breaking is None:
            return f"no joint shock within {FARTHEST:g} standard deviations breaks the {what}"
        told = ", ".join(
            move.words for move in self.moves if abs(move.sds) >= _NEARBY and move.shows
        )
        chance = f"about {self.breaking:.0%}" if self.breaking >= 0.01 else "under 1%"
        return (
            f"the {what} breaks {self.distance:.1f} standard deviations away: "
            f"{told or 'hardly any move is needed'} "
            f"({chance} within a year under the stated sizes)"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def joint_shock(
    model: CompanyModel,
    sizes: ShockSizes,
    *,
    target: Target = "gross_margin_0",
    rung: str = "paid",
    month: int = 12,
) -> JointShock:
    """Find the most plausible joint shock that breaks a company.

    Minimises the Mahalanobis distance x' S^-1 x of the logs x of all factors together, subject to
    the target being missed by the month engine's projection. Levels move in the first month and
    stay; the company answers as its model says. A search along fixed directions starts a
    sequential quadratic programme from the nearest crossings; the nearest boundary point wins.

    Parameters
    ----------
    model
        One month at run rate, with the responses that are to count.
    sizes
        Standard deviations and correlations.
    target, rung
        A margin target of ``paid``, ``fully_loaded`` or ``after_training``; ``runway_12m`` of
        ``cash``.
    month
        Month of the margin, and months that cash has to last.

    Raises
    ------
    InputError
        When cash is asked for and not known, or sizes are missing or contradict each other.

    Examples
    --------
    With one factor it is k*: log 3 in standard deviations of 0.55.

    >>> from diligence.projections.company_model import PricedLine, SegmentModel
    >>> tokens = PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=30.0)
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 100.0, 10.0, lines=(tokens,)),))
    >>> found = joint_shock(model, ShockSizes({"token_price": 0.55}))
    >>> round(found.distance, 3), round(found.moves[0].multiple, 3)
    (1.997, 3.0)

    Two standard deviations: not likely within a year, and no freak.
    """
    if rung != "cash" and model.revenue <= 0:
        return JointShock(rung, target, "unknown", None)
    from scipy.special import chdtrc, ndtr

    problem = _Problem(model, rung, target, month, ())
    if problem.at_logs(np.zeros((0, 1)))[0] < 0:
        return JointShock(rung, target, "already_below", 0.0)
    problem = _Problem(model, rung, target, month, _that_matter(problem, sizes))
    if not problem.factors:
        return JointShock(rung, target, "never", None)
    covariance = sizes.covariance(problem.factors)
    spread: Array = np.asarray(np.linalg.cholesky(covariance), dtype=float)
    normal = _nearest(problem, spread)
    if normal is None:
        return JointShock(rung, target, "never", None)
    distance = float(np.linalg.norm(normal))
    logs = spread @ normal
    return JointShock(
        rung,
        target,
        "breaks_at",
        distance,
        _moves(problem.factors, logs, np.sqrt(np.diag(covariance))),
        as_far_or_farther=float(chdtrc(len(problem.factors), distance**2)),
        breaking=float(ndtr(-distance)),
    )


FARTHEST_LOG = 20.0
LEAST_REVENUE = 1e-9
"""Bounds of the search: half a billion times today's level, and a billionth of its revenue."""


@dataclass(frozen=True)
class _Problem:
    model: CompanyModel
    rung: str
    target: Target
    month: int
    factors: tuple[str, ...]

    def at_logs(self, logs: Array) -> Array:
        """Headroom of each column of logs, (factors, points).

        A margin's is counted in revenue of its own path: what moves revenue and cost alike does
        not move it.
        """
        bounded = np.clip(logs, -FARTHEST_LOG, FARTHEST_LOG)
        shock = factor_shock(self.factors, bounded, months=self.month)
        months = run_months(self.model, shock)
        room = headroom(self.model, months, rung=self.rung, target=self.target)
        if self.rung != "cash":
            least = LEAST_REVENUE * self.model.revenue
            room = room * self.model.revenue / np.maximum(months.revenue[-1], least)
        return np.broadcast_to(room, (logs.shape[1],))


def factor_shock(factors: Sequence[str], logs: Array, *, months: int) -> Shock:
    """Turn logs of factors into a shock from the first month on, one path a column."""
    levels = {
        name: np.broadcast_to(np.exp(row), (months, logs.shape[1]))
        for name, row in zip(factors, logs, strict=True)
    }
    return Shock(
        months,
        {key: levels[name] for name, key in _PRICES.items() if name in levels},
        tokens=levels.get("tokens_per_task"),
        usage=levels.get("usage"),
        customers=levels.get("customers"),
        retraining=levels.get("retraining"),
    )


def _that_matter(problem: _Problem, sizes: ShockSizes) -> tuple[str, ...]:
    """Factors that move the target at one, two or four standard deviations either way."""
    reach = np.array([-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0])
    found = []
    for name in FACTORS:
        if sizes.sds.get(name):
            alone = _Problem(problem.model, problem.rung, problem.target, problem.month, (name,))
            rooms = alone.at_logs(reach[None, :] * sizes.sds[name])
            if np.ptp(rooms) > 1e-12 * max(abs(float(rooms[3])), 1.0):
                found.append(name)
    return tuple(found)


def _nearest(problem: _Problem, spread: Array) -> Array | None:
    """Nearest point of the boundary in standard normals; None when none is near."""
    starts = _crossings(problem, spread, _directions(len(problem.factors)))[:_STARTS]
    if not starts:
        return None
    ends = [_descended(problem, spread, start) for start in starts]
    again = _crossings(problem, spread, np.stack([*starts, *ends]))
    return again[0] if again else starts[0]


def _directions(factors: int) -> Array:
    """Both ways along every factor, and an even spread between them; the same every time."""
    axes = np.vstack([np.eye(factors), -np.eye(factors)])
    if factors == 1:
        return axes
    return np.vstack([axes, np.random.default_rng(_SEED).standard_normal((_DIRECTIONS, factors))])


def _crossings(problem: _Problem, spread: Array, directions: Array) -> list[Array]:
    """First boundary point along each direction that has one, nearest first."""
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    unit = directions / np.where(lengths == 0, 1.0, lengths)
    points = unit[:, None, :] * _RADII[None, :, None]
    sampled = problem.at_logs(spread @ points.reshape(-1, unit.shape[1]).T)
    found = first_crossings(
        lambda which, radius: problem.at_logs(spread @ (unit[which] * radius[:, None]).T),
        _RADII,
        sampled.reshape(points.shape[:2]),
    )
    reached = [
        (crossing.at, place) for place, crossing in enumerate(found) if crossing.at is not None
    ]
    return [unit[place] * radius for radius, place in sorted(reached)]


def _descended(problem: _Problem, spread: Array, start: Array) -> Array:
    """Walk along the boundary to a local minimum of the distance."""
    from scipy.optimize import minimize

    step = 1e-5
    steps = step * np.vstack([np.eye(start.size), -np.eye(start.size)]).T

    def room(normal: Array) -> float:
        return float(-problem.at_logs(spread @ normal[:, None])[0])

    def slope(normal: Array) -> Array:
        rooms = -problem.at_logs(spread @ (normal[:, None] + steps))
        return np.asarray((rooms[: start.size] - rooms[start.size :]) / (2 * step))

    found = minimize(
        lambda normal: 0.5 * float(normal @ normal),
        start,
        jac=lambda normal: normal,
        method="SLSQP",
        constraints={"type": "ineq", "fun": room, "jac": slope},
        options={"maxiter": 100, "ftol": 1e-14},
    )
    return np.asarray(found.x) if np.isfinite(found.x).all() and found.x.any() else start


def _moves(factors: Sequence[str], logs: Array, sds: Array) -> tuple[FactorMove, ...]:
    moves = [
        FactorMove(name, float(np.exp(log)), float(log / sd))
        for name, log, sd in zip(factors, logs, sds, strict=True)
    ]
    return tuple(sorted(moves, key=lambda move: (-abs(move.sds), move.factor)))
