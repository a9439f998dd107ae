"""A company's months under every multiple of every price at once: one run of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diligence.errors import InputError
from diligence.projections.company_model import CompanyModel, PriceKey, covers
from diligence.projections.month_engine import CompanyMonths, run_months
from diligence.projections.shocks import Array, Shock
from diligence.stress.break_even import MARGIN_TARGETS, Target
from diligence.stress.first_crossing import Crossing, first_crossings

LARGEST_MULTIPLE = 100.0
HIGHER = np.geomspace(1.0, LARGEST_MULTIPLE, 49)
LOWER = np.linspace(1.0, 0.0, 26)


@dataclass(frozen=True)
class Curve:
    """What has to hold while one price moves: a margin of a month, or cash through it.

    ``segment`` is empty for the company. A curve of rung ``cash`` is the lowest cash of the months
    so far over its minimum.
    """

    key: PriceKey
    rung: str
    target: Target
    segment: str = ""


def walked(
    model: CompanyModel, curves: Sequence[Curve], *, month: int, downwards: Sequence[bool]
) -> tuple[Crossing, ...]:
    """Walk each price away from today's and find where its curve first changes sign.

    Parameters
    ----------
    model
        The company with the responses that are to count.
    curves
        What has to hold.
    month
        Month of the margins, and months that cash has to last.
    downwards
        For each curve whether its price falls to 0; otherwise it rises to a hundred times.
    """
    if not curves:
        return ()
    found: dict[int, Crossing] = {}
    for down, grid in ((False, HIGHER), (True, LOWER)):
        places = [place for place, falls in enumerate(downwards) if falls is down]
        chosen = [curves[place] for place in places]
        if not chosen:
            continue
        walk = _Walk(model, tuple(chosen), month)
        crossings = first_crossings(walk.at, grid, walk.along(grid))
        found |= dict(zip(places, crossings, strict=True))
    return tuple(found[place] for place in range(len(curves)))


def headroom_today(model: CompanyModel, curves: Sequence[Curve], *, month: int) -> Array:
    """Headroom of each curve while no price moves, as a share of revenue."""
    return _Walk(model, tuple(curves), month).along(np.ones(1))[:, 0]


@dataclass(frozen=True)
class _Walk:
    model: CompanyModel
    curves: tuple[Curve, ...]
    month: int

    def along(self, grid: Array) -> Array:
        """Every curve at every point, (curves, points); curves of one price share its paths."""
        keys = tuple(dict.fromkeys(curve.key for curve in self.curves))
        months = self._run([key for key in keys for _ in grid], np.tile(grid, len(keys)))
        rooms: dict[tuple[str, str, Target], Array] = {}
        rows = []
        for curve in self.curves:
            what = (curve.rung, curve.segment, curve.target)
            if what not in rooms:
                rooms[what] = self._headroom(months, curve, len(keys) * grid.size)
            start = keys.index(curve.key) * grid.size
            rows.append(rooms[what][start : start + grid.size])
        return np.stack(rows)

    def at(self, which: NDArray[np.intp], points: Array) -> Array:
        """The curves numbered ``which``, each at its own point."""
        months = self._run([self.curves[number].key for number in which], points)
        found = np.empty(points.size)
        groups: dict[tuple[str, str, Target], list[int]] = {}
        for place, number in enumerate(which):
            curve = self.curves[number]
            groups.setdefault((curve.rung, curve.segment, curve.target), []).append(place)
        for places in groups.values():
            curve = self.curves[which[places[0]]]
            found[places] = self._headroom(months, curve, points.size)[places]
        return found

    def _run(self, keys: Sequence[PriceKey], multiples: Array) -> CompanyMonths:
        """One path a pair of price and multiple."""
        columns: dict[PriceKey, NDArray[np.intp]] = {
            key: np.array([place for place, other in enumerate(keys) if other == key])
            for key in dict.fromkeys(keys)
        }
        prices = {}
        for exact in self.model.keys:
            level = np.ones(multiples.size)
            for key, places in columns.items():
                if covers(key, exact):
                    level[places] = multiples[places]
            prices[exact] = np.broadcast_to(level, (self.month, multiples.size))
        return run_months(self.model, Shock(self.month, prices))

    def _headroom(self, months: CompanyMonths, curve: Curve, paths: int) -> Array:
        """One value a path."""
        room = headroom(
            self.model, months, rung=curve.rung, target=curve.target, segment=curve.segment
        )
        return np.broadcast_to(room, (paths,))


def headroom(
    model: CompanyModel, months: CompanyMonths, *, rung: str, target: Target, segment: str = ""
) -> Array:
    """Money above a target at the end of a projection, as a share of today's revenue, by path.

    For rung ``cash`` it is the lowest cash of all months over the minimum.

    Raises
    ------
    InputError
        When cash is asked for and not known.
    """
    scale = model.revenue if model.revenue > 0 else 1.0
    if rung == "cash":
        if months.cash_burn is None or model.cash is None:
            raise InputError("Runway needs cash and burn; state them in cash.csv.")
        cash = model.cash - np.cumsum(months.cash_burn, axis=0)
        return np.asarray((cash.min(axis=0) - model.minimum_cash) / scale)
    kept = 1.0 - float(MARGIN_TARGETS[target])
    revenue, cost = _rung(months, rung, segment)
    return np.asarray((revenue * kept - cost)[-1] / scale)


def _rung(months: CompanyMonths, rung: str, segment: str) -> tuple[Array, Array]:
    """Revenue and cost of the rung; the company's cost holds what its answer costs beside."""
    if segment:
        part = next(part for part in months.segments if part.name == segment)
        extra = 0.0 if rung == "paid" else part.unpaid_cost
        return part.revenue, part.paid_cost + extra
    cost = {
        "paid": months.paid_cost,
        "fully_loaded": months.fully_loaded_cost,
        "after_training": months.after_training_cost,
    }[rung]
    return months.revenue, cost + months.response_cost
