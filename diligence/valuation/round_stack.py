"""From the terms of a round to the stack of claims after it, and at the exit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod

from diligence.errors import InputError
from diligence.inputs.deal import EarlierClass, RoundTerms
from diligence.valuation.waterfall import CapitalStack, ShareClass

DEBT, COMMON, LATER, RESCUE = "debt", "common", "later rounds", "round to survive"
_DEBT_RANK, _RESCUE_RANK, _ROUND_RANK = 0, 1, 2
OWNERSHIP_TOLERANCE = Decimal("0.005")
"""Stated ownership and cheque over post-money may differ by half a point of rounding."""
_SENIORITIES = ("senior", "pari passu", "junior")
_COMMON_INSTRUMENTS = ("common", "ordinary", "common stock", "ordinary shares")


@dataclass(frozen=True)
class RoundStack:
    """The stack right after the round; shares are fractions of the company after it.

    ``share_class`` names the round's class in the stack; money is in reporting currency.
    """

    stack: CapitalStack
    share_class: str
    round_size: Decimal
    post_money: Decimal
    cheque: Decimal
    debt: Decimal

    @property
    def held(self) -> Decimal:
        """Part of the round's class that the cheque buys."""
        return self.cheque / self.round_size

    @property
    def ownership(self) -> Decimal:
        """Share of the company that the cheque buys, as converted."""
        return self.cheque / self.post_money

    def at_post_money(self, post_money: Decimal) -> RoundStack:
        """The same round at another price: all others keep their shares, the round buys fewer."""
        sold, before = Fraction(self.round_size) / Fraction(post_money), self._round_shares
        kept = (1 - sold) / (1 - before) if before < 1 else Fraction(0)
        classes = tuple(
            dataclasses.replace(
                held,
                shares=sold if held.name == self.share_class else Fraction(held.shares) * kept,
            )
            for held in self.stack.classes
        )
        return dataclasses.replace(self, stack=CapitalStack(classes), post_money=post_money)

    def at_exit(
        self, dilutions: Sequence[Decimal], *, rescue: Decimal = Decimal(0)
    ) -> CapitalStack:
        """The stack after later rounds, whose investors are taken to convert.

        Parameters
        ----------
        dilutions
            Share of the company that each later round sells, in order.
        rescue
            Money of the first of them where survival needs it: it is paid first after debt, once.
        """
        kept = [1 - Fraction(dilution) for dilution in dilutions]
        left = prod(kept, start=Fraction(1))
        first = (1 - kept[0]) * prod(kept[1:], start=Fraction(1)) if kept else Fraction(0)
        classes = [
            dataclasses.replace(held, shares=Fraction(held.shares) * left)
            for held in self.stack.classes
        ]
        if rescue:
            classes.append(ShareClass(RESCUE, first, preference=rescue, rank=_RESCUE_RANK))
        later = 1 - left - first if rescue else 1 - left
        if later:
            classes.append(ShareClass(LATER, later))
        return CapitalStack(tuple(classes))

    @property
    def _round_shares(self) -> Fraction:
        return Fraction(self.stack.held(self.share_class).shares)


def round_needs(terms: RoundTerms, earlier: Sequence[EarlierClass] = ()) -> tuple[str, ...]:
    """Terms of the round that a return needs and the folder does not state.

    Examples
    --------
    >>> round_needs(RoundTerms(cheque=Decimal(10), round_size=Decimal(40)))
    ('post_money', 'preference_multiple', 'participating')
    """
    missing = [key for key in ("cheque", "round_size") if not getattr(terms, key)]
    if not _post_money(terms):
        missing.append("post_money")
    if terms.instrument.lower() not in _COMMON_INSTRUMENTS:
        missing += [
            key for key in ("preference_multiple", "participating") if getattr(terms, key) is None
        ]
        if earlier and terms.seniority.lower() not in _SENIORITIES:
            missing.append("seniority (senior, pari passu or junior)")
    return tuple(missing)


def round_notes(terms: RoundTerms, earlier: Sequence[EarlierClass] = ()) -> tuple[str, ...]:
    """What a reader of the return should know about the terms."""
    notes = []
    post = _post_money(terms)
    if terms.ownership is not None and terms.cheque and post:
        bought = terms.cheque / post
        if abs(bought - terms.ownership) > OWNERSHIP_TOLERANCE:
            notes.append(
                f"ownership of {float(terms.ownership):.1%} is stated, the cheque buys "
                f"{float(bought):.1%} of the post-money, which is used"
            )
    if not earlier:
        notes.append(
            "earlier classes are not stated and count as common: their preferences would come "
            "out of what is shown for common, and, where senior, out of this position"
        )
    return tuple(notes)


def stack_after_round(
    terms: RoundTerms, *, earlier: Sequence[EarlierClass] = (), debt: Decimal = Decimal(0)
) -> RoundStack:
    """Build the stack right after the round; what nobody else owns is common.

    Raises
    ------
    InputError
        When a term is missing, or the classes own more than the whole company.

    Examples
    --------
    >>> terms = RoundTerms(share_class="Series B", cheque=Decimal(10), round_size=Decimal(40),
    ...     post_money=Decimal(200), preference_multiple=Decimal(1), participating=False)
    >>> after = stack_after_round(terms, debt=Decimal(3))
    >>> [(held.name, str(held.shares)) for held in after.stack.classes]
    [('debt', '0'), ('Series B', '1/5'), ('common', '4/5')]

    The cheque owns a quarter of the Series B, a twentieth of the company.
    """
    missing = round_needs(terms, earlier)
    post = _post_money(terms)
    if missing or not terms.round_size or not terms.cheque or not post:
        raise InputError(f"The round needs {', '.join(missing)}; state it in deal.yaml.")
    sold = Fraction(terms.round_size) / Fraction(post)
    common = 1 - sold - sum(Fraction(held.ownership) for held in earlier)
    if common < 0:
        raise InputError(
            f"The round sells {float(sold):.1%} and earlier classes own "
            f"{float(1 - sold - common):.1%}, more than the whole company; correct preferences or "
            "post_money in deal.yaml."
        )
    ours = _round_class(terms, earlier, sold)
    classes = [ShareClass(DEBT, preference=debt, rank=_DEBT_RANK)] if debt else []
    classes += [ours, *(_earlier_class(held) for held in earlier)]
    if common:
        classes.append(ShareClass(COMMON, shares=common))
    return RoundStack(
        CapitalStack(tuple(classes)), ours.name, terms.round_size, post, terms.cheque, debt
    )


def _round_class(terms: RoundTerms, earlier: Sequence[EarlierClass], sold: Fraction) -> ShareClass:
    size = terms.round_size or Decimal(0)
    ranks = [_ROUND_RANK + held.seniority for held in earlier if held.amount]
    rank = {
        "pari passu": min(ranks, default=_ROUND_RANK),
        "junior": max(ranks, default=_ROUND_RANK) + 1,
    }.get(terms.seniority.lower(), _ROUND_RANK)
    return ShareClass(
        name=terms.share_class or "this round",
        shares=sold,
        preference=size * (terms.preference_multiple or Decimal(0)),
        rank=rank,
        participating=bool(terms.participating),
        cap=None if terms.participation_cap is None else size * terms.participation_cap,
    )


def _earlier_class(held: EarlierClass) -> ShareClass:
    return ShareClass(
        name=held.share_class,
        shares=Fraction(held.ownership),
        preference=held.amount * held.multiple,
        rank=_ROUND_RANK + held.seniority,
        participating=held.participating,
        cap=None if held.cap is None else held.amount * held.cap,
        strike=held.strike or Decimal(0),
    )


def _post_money(terms: RoundTerms) -> Decimal | None:
    if terms.post_money is not None:
        return terms.post_money or None
    if terms.pre_money is not None and terms.round_size is not None:
        return terms.pre_money + terms.round_size or None
    return None
