"""Who gets what at an exit: proceeds through a stack of preferences, exactly.

Every claim is a rising function of one number, the value v of a common share: a preferred class
that does not participate takes the better of its preference and its shares times v, one that
participates takes both up to its cap, common takes its shares times v. All classes convert when
that is better for them exactly when v is such that the claims add up to the proceeds, so that the
equilibrium is found between breakpoints and not by trial. Below the sum of preferences v is nil
and ranks are paid in their order. The mechanics are those of the model charter of the National
Venture Capital Association, article fourth, part B.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.projections.exact_parts import apportion, to_decimal

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
PER_SHARE_QUANTUM = Decimal("0.000000001")
Exact = Decimal | Fraction


@dataclass(frozen=True)
class ShareClass:
    """One layer of claims on the proceeds.

    Parameters
    ----------
    name
        Unique in its stack.
    shares
        Shares as converted, in any unit that the whole stack uses; ownership shares will do.
    preference
        What is paid before common shares: amount invested times the multiple. Debt is a preference
        without shares.
    rank
        The lowest is paid first; classes of one rank share what is left in proportion (pari passu).
    participating
        Whether the class also shares in the rest after its preference without converting.
    cap
        Most that a participating class receives without converting, preference included; None
        for no cap.
    strike
        Exercise price a share of options and warrants, which hold no preference.

    Raises
    ------
    InputError
        On a negative amount, a cap under the preference or without participation, or a strike
        beside a preference.
    """

    name: str
    shares: Exact = ZERO
    preference: Exact = ZERO
    rank: int = 1
    participating: bool = False
    cap: Exact | None = None
    strike: Exact = ZERO

    def __post_init__(self) -> None:
        for words in ("shares", "preference", "strike"):
            found = getattr(self, words)
            if found < 0:
                raise InputError(f"{self.name}: {words} must not be negative; found {found}.")
        if self.cap is not None and (not self.participating or self.cap < self.preference):
            raise InputError(
                f"{self.name}: a cap needs participation and at least the preference of "
                f"{self.preference}; found {self.cap}."
            )
        if self.strike and self.preference:
            raise InputError(f"{self.name}: a class has a preference or a strike, not both.")

    def claim(self, per_share: Fraction) -> Fraction:
        """What the class claims when a common share is worth ``per_share``."""
        shares, preference = Fraction(self.shares), Fraction(self.preference)
        converted = shares * max(per_share - Fraction(self.strike), Fraction(0))
        if not preference:
            return converted
        kept = preference + converted if self.participating else preference
        if self.cap is not None:
            kept = min(kept, Fraction(self.cap))
        return max(kept, converted)

    @property
    def turning_points(self) -> tuple[Fraction, ...]:
        """Values of a common share at which the claim changes its slope."""
        if not self.shares:
            return ()
        shares, preference = Fraction(self.shares), Fraction(self.preference)
        if not preference:
            return (Fraction(self.strike),) if self.strike else ()
        if self.cap is not None:
            return (Fraction(self.cap) - preference) / shares, Fraction(self.cap) / shares
        return () if self.participating else (preference / shares,)


@dataclass(frozen=True)
class CapitalStack:
    """All claims on a company's value: debt, preferred classes, common, options.

    Raises
    ------
    InputError
        When a name stands twice, or nobody holds shares.

    Examples
    --------
    Fifty million for a tenth, with a senior preference of once the money: at a value of 500 and
    of 200 the class receives 50. As converted it would have lost 60 %.

    >>> stack = CapitalStack((
    ...     ShareClass("Series B", shares=Decimal("0.1"), preference=Decimal(50)),
    ...     ShareClass("common", shares=Decimal("0.9"))))
    >>> [str(stack.pay_out(Decimal(value)).payouts["Series B"]) for value in (500, 200)]
    ['50.000000', '50.000000']
    """

    classes: tuple[ShareClass, ...]

    def __post_init__(self) -> None:
        names = [held.name for held in self.classes]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise InputError(f"The stack names {doubled[0]!r} twice; name each class once.")
        if not any(held.shares for held in self.classes):
            raise InputError("A stack needs a class with shares, such as common.")

    def held(self, name: str) -> ShareClass:
        """Return one class by its name.

        Raises
        ------
        InputError
            When the stack has no such class.
        """
        for held in self.classes:
            if held.name == name:
                return held
        names = ", ".join(held.name for held in self.classes)
        raise InputError(f"The stack has no class {name!r}; it has {names}.")

    @property
    def total_shares(self) -> Fraction:
        """All shares as converted."""
        return sum((Fraction(held.shares) for held in self.classes), Fraction(0))

    @property
    def breakpoints(self) -> tuple[Fraction, ...]:
        """Proceeds at which the next dollar is shared otherwise, rising, without 0."""
        return tuple(sorted({*self._rank_totals, *map(self._claims, self._turning_points)}))

    def payoffs(self, proceeds: Fraction) -> dict[str, Fraction]:
        """Exact payoff of every class; they add up to the proceeds."""
        if proceeds < 0:
            raise InputError(f"Proceeds must not be negative; found {float(proceeds)}.")
        if proceeds <= self._claims(Fraction(0)):
            return self._by_rank(proceeds)
        per_share = self.per_share(proceeds)
        return {held.name: held.claim(per_share) for held in self.classes}

    def per_share(self, proceeds: Fraction) -> Fraction:
        """Value of a common share at which the claims add up to the proceeds."""
        low = Fraction(0)
        for high in (*self._turning_points, None):
            start = self._claims(low)
            if high is None or self._claims(high) >= proceeds:
                break
            low = high
        slope = self._claims(low + 1) - start if high is None else self._slope(low, high)
        return low + (proceeds - start) / slope if proceeds > start else low

    def pay_out(self, proceeds: Decimal) -> Waterfall:
        """Distribute the proceeds of an exit.

        Raises
        ------
        InputError
            On negative proceeds.
        """
        exact = self.payoffs(Fraction(proceeds))
        per_share = Fraction(0)
        if Fraction(proceeds) > self._claims(Fraction(0)):
            per_share = self.per_share(Fraction(proceeds))
        return Waterfall(
            proceeds=proceeds,
            payouts=apportion(proceeds, exact) if proceeds else dict.fromkeys(exact, ZERO),
            per_share=to_decimal(per_share, PER_SHARE_QUANTUM),
            converted=tuple(held.name for held in self.classes if _converts(held, per_share)),
        )

    @property
    def _turning_points(self) -> tuple[Fraction, ...]:
        return tuple(sorted({at for held in self.classes for at in held.turning_points}))

    @property
    def _rank_totals(self) -> set[Fraction]:
        """Proceeds at which each rank is paid in full."""
        ranks = sorted({held.rank for held in self.classes if held.preference})
        return {
            sum((Fraction(c.preference) for c in self.classes if c.rank <= rank), Fraction(0))
            for rank in ranks
        }

    def _claims(self, per_share: Fraction) -> Fraction:
        return sum((held.claim(per_share) for held in self.classes), Fraction(0))

    def _slope(self, low: Fraction, high: Fraction) -> Fraction:
        return (self._claims(high) - self._claims(low)) / (high - low)

    def _by_rank(self, proceeds: Fraction) -> dict[str, Fraction]:
        paid = {held.name: Fraction(0) for held in self.classes}
        left = proceeds
        for rank in sorted({held.rank for held in self.classes if held.preference}):
            peers = [held for held in self.classes if held.rank == rank and held.preference]
            due = sum((Fraction(held.preference) for held in peers), Fraction(0))
            now = min(left, due)
            for held in peers:
                paid[held.name] = Fraction(held.preference) * now / due
            left -= now
        return paid


@dataclass(frozen=True)
class Waterfall:
    """Proceeds of an exit by class, to a millionth; the payouts add up to the proceeds."""

    proceeds: Decimal
    payouts: Mapping[str, Decimal]
    per_share: Decimal
    converted: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a class: payout, share of the proceeds, whether it converts."""
        import pandas as pd

        rows = [
            {
                "class": name,
                "payout": paid,
                "share": float(paid / self.proceeds) if self.proceeds else None,
                "converts": name in self.converted,
            }
            for name, paid in self.payouts.items()
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """One line a class."""
        return "\n".join(f"{name}: {paid:,.2f}" for name, paid in self.payouts.items())

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def _converts(held: ShareClass, per_share: Fraction) -> bool:
    if not held.preference or (held.participating and held.cap is None):
        return False
    turn = held.turning_points
    return bool(turn) and per_share > turn[-1]
