"""From which volume on own accelerators cost less than an API, when they come whole."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from diligence.prices.checked_numbers import (
    not_negative,
    positive,
    positive_share,
    whole_positive,
)
from diligence.prices.serving_cost import HOURS_PER_MONTH, SECONDS_PER_HOUR, TOKENS_PER_MTOK

if TYPE_CHECKING:
    import pandas as pd

_STEPS_SHOWN = 12


@dataclass(frozen=True)
class SelfHostBreakEven:
    """Own accelerators against an API, month by month of rent.

    Accelerators come in replicas, each large enough to hold the model, and each is rented for
    the whole month. Volumes are million tokens a month, money is USD a month, both exact.

    Parameters
    ----------
    api_usd_per_mtok
        Blended price of the API.
    gpus_per_replica, replica_usd_per_month, replica_mtok_per_month
        Accelerators of one replica, its rent, and the tokens it serves at the real utilisation.
    fixed_usd_per_month, variable_usd_per_mtok
        Other cost of hosting: staff and tools; what each million tokens adds.
    utilisation
        Share of the replica's throughput that the load really uses.
    """

    api_usd_per_mtok: Decimal
    gpus_per_replica: int
    replica_usd_per_month: Decimal
    replica_mtok_per_month: Decimal
    fixed_usd_per_month: Decimal
    variable_usd_per_mtok: Decimal
    utilisation: Decimal

    @property
    def one_replica_break_even_mtok(self) -> Decimal | None:
        """``fixed monthly / (API price - own variable cost)`` with one replica; None if never.

        It may exceed what one replica can serve: then the staircase decides.
        """
        return _decimal(self._meets_api(1)) if self._saved_per_mtok > 0 else None

    @property
    def break_even_utilisation(self) -> Decimal | None:
        """Share of its throughput at which a replica's rent equals the API; None if never.

        Above 1 no load makes the replica pay.
        """
        if self._saved_per_mtok <= 0:
            return None
        full = Fraction(self.replica_mtok_per_month) / Fraction(self.utilisation)
        return _decimal(Fraction(self.replica_usd_per_month) / (self._saved_per_mtok * full))

    @property
    def first_cheaper_mtok(self) -> Decimal | None:
        """Smallest volume from which own accelerators cost no more than the API, if any."""
        step = self._first_step
        return None if step is None else _decimal(self._cheaper_from(step))

    @property
    def cheaper_for_good_mtok(self) -> Decimal | None:
        """Smallest volume from which they cost no more and stay so; None if there is none."""
        step = self._last_step
        return None if step is None else _decimal(self._cheaper_from(step))

    @property
    def api_cheaper_again(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """Stretches of volume where one more replica makes the API cheaper again.

        Each is (above this volume, below that one), in rising order.
        """
        first, last = self._first_step, self._last_step
        if first is None or last is None:
            return ()
        capacity = Fraction(self.replica_mtok_per_month)
        return tuple(
            (_decimal(step * capacity), _decimal(self._meets_api(step + 1)))
            for step in range(first, last)
        )

    @property
    def status(self) -> str:
        """The answer in words."""
        if self._saved_per_mtok <= 0:
            return (
                f"never cheaper: hosting adds {self.variable_usd_per_mtok:f} USD to each million "
                f"tokens, the API asks {self.api_usd_per_mtok:f} in all"
            )
        first, last = self._first_step, self._last_step
        if first is None or last is None:
            return (
                "never cheaper: at this utilisation a full replica costs "
                f"{self._full_replica_usd_per_mtok:.3f} USD a million tokens, the API "
                f"{self.api_usd_per_mtok:f}; {self._load_it_would_take}"
            )
        start = f"cheaper from {self.first_cheaper_mtok:,.0f} Mtok a month"
        if first == last:
            return f"{start} on, and stays cheaper"
        stretches = "1 stretch" if last - first == 1 else f"{last - first:,} stretches"
        return (
            f"{start}, but the API is cheaper again on {stretches} where a replica is added; "
            f"cheaper for good from {self.cheaper_for_good_mtok:,.0f} Mtok"
        )

    def replicas_at(self, mtok_per_month: Decimal | int) -> int:
        """Replicas a volume needs; at least one."""
        volume = Fraction(not_negative("mtok_per_month", mtok_per_month))
        return max(1, ceil(volume / Fraction(self.replica_mtok_per_month)))

    def own_usd_per_month(self, mtok_per_month: Decimal | int) -> Decimal:
        """Cost of hosting a volume: whole replicas, other fixed cost and variable cost."""
        volume = not_negative("mtok_per_month", mtok_per_month)
        rent = self.replicas_at(volume) * self.replica_usd_per_month
        return rent + self.fixed_usd_per_month + volume * self.variable_usd_per_mtok

    def api_usd_per_month(self, mtok_per_month: Decimal | int) -> Decimal:
        """Cost of the same volume at the API."""
        return not_negative("mtok_per_month", mtok_per_month) * self.api_usd_per_mtok

    def to_frame(self, *, steps: int | None = None) -> pd.DataFrame:
        """One row a step: n_gpu, mtok_up_to, own and API cost there, and where own is cheaper.

        Parameters
        ----------
        steps
            Steps shown; None shows two beyond the last change, and at most twelve.
        """
        import pandas as pd

        shown = _STEPS_SHOWN if steps is None else whole_positive("steps", steps)
        if steps is None and self._last_step is not None:
            shown = min(shown, self._last_step + 2)
        rows = [self._step_row(step) for step in range(1, shown + 1)]
        return pd.DataFrame(rows)

    def curve(self, *, steps: int) -> pd.DataFrame:
        """Corners of both cost lines, for a chart: option, mtok_per_month, usd_per_month."""
        import pandas as pd

        capacity = self.replica_mtok_per_month
        top = capacity * whole_positive("steps", steps)
        rows: list[tuple[str, Decimal, Decimal]] = [
            ("API", volume, self.api_usd_per_month(volume)) for volume in (Decimal(0), top)
        ]
        for step in range(1, steps + 1):
            rent = step * self.replica_usd_per_month + self.fixed_usd_per_month
            rows += [
                ("own accelerators", volume, rent + volume * self.variable_usd_per_mtok)
                for volume in (capacity * (step - 1), capacity * step)
            ]
        frame = pd.DataFrame(rows, columns=["option", "mtok_per_month", "usd_per_month"])
        return frame.astype({"mtok_per_month": float, "usd_per_month": float})

    def summary(self) -> str:
        """What a replica costs and serves, the break-even, and the answer in words."""
        needed = self.break_even_utilisation
        lines = [
            f"one replica: {self.gpus_per_replica} accelerators, "
            f"{self.replica_usd_per_month:,.0f} USD a month, "
            f"{self.replica_mtok_per_month:,.0f} Mtok at {self.utilisation:.0%} utilisation",
            f"API at {self.api_usd_per_mtok:f} USD per Mtok: {self.status}",
        ]
        if needed is not None:
            lines.append(f"break-even utilisation of a replica: {needed:.1%}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        frame = self.to_frame()
        return str(frame.to_html(index=False, float_format="{:,.0f}".format, na_rep="never"))

    @property
    def _saved_per_mtok(self) -> Fraction:
        return Fraction(self.api_usd_per_mtok) - Fraction(self.variable_usd_per_mtok)

    @property
    def _full_replica_usd_per_mtok(self) -> Decimal:
        rent = self.replica_usd_per_month / self.replica_mtok_per_month
        return rent + self.variable_usd_per_mtok

    @property
    def _load_it_would_take(self) -> str:
        needed = self.break_even_utilisation
        if needed is None or needed > 1:
            return "no load a replica can carry would pay for it"
        return f"it would take {needed:.0%} of the throughput"

    @property
    def _gain_per_full_replica(self) -> Fraction:
        served = self._saved_per_mtok * Fraction(self.replica_mtok_per_month)
        return served - Fraction(self.replica_usd_per_month)

    def _meets_api(self, step: int) -> Fraction:
        """Volume at which this many replicas cost what the API costs."""
        fixed = step * Fraction(self.replica_usd_per_month) + Fraction(self.fixed_usd_per_month)
        return fixed / self._saved_per_mtok

    def _cheaper_from(self, step: int) -> Fraction:
        before = (step - 1) * Fraction(self.replica_mtok_per_month)
        return max(self._meets_api(step), before)

    @property
    def _first_step(self) -> int | None:
        """First step on which own accelerators are cheaper before it ends."""
        gain = self._gain_per_full_replica
        if gain <= 0:
            return None
        return max(1, ceil(Fraction(self.fixed_usd_per_month) / gain))

    @property
    def _last_step(self) -> int | None:
        """Last step on which the API is cheaper at first."""
        first, gain = self._first_step, self._gain_per_full_replica
        if first is None:
            return None
        lost_by_one_more = Fraction(self.replica_usd_per_month) + Fraction(self.fixed_usd_per_month)
        return max(first, ceil(lost_by_one_more / gain))

    def _step_row(self, step: int) -> dict[str, object]:
        end = self.replica_mtok_per_month * step
        cheaper = None
        if self._saved_per_mtok > 0 and self._cheaper_from(step) <= Fraction(end):
            cheaper = float(self._cheaper_from(step))
        return {
            "n_gpu": step * self.gpus_per_replica,
            "mtok_up_to": float(end),
            "own_usd": float(self.own_usd_per_month(end)),
            "api_usd": float(self.api_usd_per_month(end)),
            "own_cheaper_from_mtok": cheaper,
        }


def self_host_break_even(
    api_usd_per_mtok: Decimal | float,
    *,
    usd_per_gpu_hour: Decimal | float,
    gpus_per_replica: int,
    tokens_per_second: float,
    utilisation: Decimal | float,
    fixed_usd_per_month: Decimal | float = 0,
    variable_usd_per_mtok: Decimal | float = 0,
) -> SelfHostBreakEven:
    """Compare renting whole accelerators for the month with buying tokens from an API.

    Own cost is ``ceil(volume / capacity) * rent + fixed + variable * volume``, with 730 hours a
    month and the capacity of a replica at the utilisation the load reaches. Each replica added
    may make the API cheaper again, so the answer is a staircase and not one volume.

    Parameters
    ----------
    api_usd_per_mtok
        Price of the API for the company's own mix of input and output, USD per million.
    usd_per_gpu_hour
        Rent of one accelerator for one hour.
    gpus_per_replica
        Accelerators that hold the model together; they are rented together.
    tokens_per_second
        Throughput of one replica when it is full, in tokens of the same mix.
    utilisation
        Share of that throughput the load really uses over the month, above 0 and at most 1.
    fixed_usd_per_month
        Staff, tools and spare machines, whatever the volume.
    variable_usd_per_mtok
        What each million tokens adds when self-hosted.

    Raises
    ------
    InputError
        When a number cannot be meant.

    Examples
    --------
    >>> frontier = self_host_break_even(
    ...     10, usd_per_gpu_hour=2.5, gpus_per_replica=2, tokens_per_second=1000, utilisation=0.4
    ... )
    >>> print(frontier.status)
    cheaper from 365 Mtok a month on, and stays cheaper
    >>> open_model = self_host_break_even(
    ...     Decimal("0.7"),
    ...     usd_per_gpu_hour=2.5,
    ...     gpus_per_replica=2,
    ...     tokens_per_second=1000,
    ...     utilisation=0.4,
    ... )
    >>> print(f"{open_model.one_replica_break_even_mtok:,.0f} Mtok")
    5,214 Mtok
    >>> print(f"{open_model.replica_mtok_per_month:,.0f} Mtok")
    1,051 Mtok

    "Self-host above a few hundred million tokens" is true of a frontier price only. Against an
    open model's price one replica would have to serve five times what it can.
    """
    busy = positive_share("utilisation", utilisation)
    throughput = positive("tokens_per_second", tokens_per_second)
    gpus = whole_positive("gpus_per_replica", gpus_per_replica)
    seconds = HOURS_PER_MONTH * SECONDS_PER_HOUR
    return SelfHostBreakEven(
        api_usd_per_mtok=positive("api_usd_per_mtok", api_usd_per_mtok),
        gpus_per_replica=gpus,
        replica_usd_per_month=(
            gpus * positive("usd_per_gpu_hour", usd_per_gpu_hour) * HOURS_PER_MONTH
        ),
        replica_mtok_per_month=throughput * busy * seconds / TOKENS_PER_MTOK,
        fixed_usd_per_month=not_negative("fixed_usd_per_month", fixed_usd_per_month),
        variable_usd_per_mtok=not_negative("variable_usd_per_mtok", variable_usd_per_mtok),
        utilisation=busy,
    )


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)
