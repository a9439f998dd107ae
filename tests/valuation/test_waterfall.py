"""Exit proceeds through a stack: cases for the head, equilibrium, and properties."""

from __future__ import annotations

import dataclasses
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.valuation import CapitalStack, ShareClass

SENIOR_TENTH = CapitalStack(
    (
        ShareClass("Series B", shares=D("0.1"), preference=D(50)),
        ShareClass("common", shares=D("0.9")),
    )
)


def paid(stack, proceeds):
    return {name: float(amount) for name, amount in stack.pay_out(D(proceeds)).payouts.items()}


def test_the_preference_absorbs_a_fall_that_ownership_would_not():
    # 50 for 10 %: 500 -> 200 is -60 % as converted and 0 % through the waterfall.
    before, after = paid(SENIOR_TENTH, 500)["Series B"], paid(SENIOR_TENTH, 200)["Series B"]
    assert (before, after) == (50, 50)
    as_converted = 0.1 * 200 / (0.1 * 500) - 1
    assert as_converted == pytest.approx(-0.6)


@pytest.mark.parametrize(
    ("proceeds", "class_b", "converts"),
    [(0, 0, False), (30, 30, False), (50, 50, False), (500, 50, False), (501, 50.1, True)],
)
def test_a_class_converts_when_its_shares_are_worth_more(proceeds, class_b, converts):
    flow = SENIOR_TENTH.pay_out(D(proceeds))
    assert float(flow.payouts["Series B"]) == pytest.approx(class_b)
    assert ("Series B" in flow.converted) is converts


def test_ranks_are_paid_in_order_and_equals_share():
    stack = CapitalStack(
        (
            ShareClass("debt", preference=D(10), rank=0),
            ShareClass("B", shares=D(1), preference=D(20), rank=1),
            ShareClass("A1", shares=D(1), preference=D(30), rank=2),
            ShareClass("A2", shares=D(1), preference=D(10), rank=2),
            ShareClass("common", shares=D(7)),
        )
    )
    assert paid(stack, 8) == {"debt": 8, "B": 0, "A1": 0, "A2": 0, "common": 0}
    # 50 - 10 - 20 = 20 for claims of 40: half of each
    assert paid(stack, 50) == {"debt": 10, "B": 20, "A1": 15, "A2": 5, "common": 0}
    assert paid(stack, 77) == {"debt": 10, "B": 20, "A1": 30, "A2": 10, "common": 7}


def test_participation_full_and_capped():
    full = CapitalStack(
        (
            ShareClass("P", shares=D(2), preference=D(10), participating=True),
            ShareClass("common", shares=D(8)),
        )
    )
    # 10 first, then a fifth of the other 100
    assert paid(full, 110) == {"P": 30, "common": 80}
    capped = dataclasses.replace(
        full, classes=(dataclasses.replace(full.classes[0], cap=D(20)), full.classes[1])
    )
    assert paid(capped, 40)["P"] == 16
    assert paid(capped, 60)["P"] == 20
    assert paid(capped, 90)["P"] == 20
    # a fifth of 110 is more than the cap
    assert paid(capped, 110) == {"P": 22, "common": 88}


def test_options_exercise_above_their_strike_and_pay_it():
    stack = CapitalStack(
        (
            ShareClass("common", shares=D(9)),
            ShareClass("options", shares=D(1), strike=D(10)),
        )
    )
    assert paid(stack, 90)["options"] == 0
    # 190 and one strike of 10 over ten shares: 20 a share, 10 after the strike
    assert paid(stack, 190) == {"common": 180, "options": 10}


def test_breakpoints_are_ranks_and_conversions():
    assert SENIOR_TENTH.breakpoints == (50, 500)


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("shares must not be negative", {"shares": D(-1)}),
        ("preference must not be negative", {"preference": D(-1)}),
        ("a cap needs participation", {"preference": D(5), "cap": D(7)}),
        ("a cap needs participation", {"preference": D(5), "cap": D(4), "participating": True}),
        ("a preference or a strike, not both", {"preference": D(5), "strike": D(1)}),
    ],
)
def test_rights_that_contradict_each_other_are_refused(words, arguments):
    with pytest.raises(InputError, match=words):
        ShareClass("A", **arguments)


def test_a_stack_needs_shares_and_names_once():
    with pytest.raises(InputError, match="needs a class with shares"):
        CapitalStack((ShareClass("debt", preference=D(1)),))
    with pytest.raises(InputError, match="names 'A' twice"):
        CapitalStack((ShareClass("A", shares=D(1)), ShareClass("A", shares=D(1))))
    with pytest.raises(InputError, match="no class 'C'; it has Series B, common"):
        SENIOR_TENTH.held("C")
    with pytest.raises(InputError, match="must not be negative"):
        SENIOR_TENTH.pay_out(D(-1))


def test_a_waterfall_reads():
    flow = SENIOR_TENTH.pay_out(D(200))
    assert flow.summary() == "Series B: 50.00\ncommon: 150.00"
    assert list(flow.to_frame()["share"]) == [0.25, 0.75]
    assert "Series B" in flow._repr_html_()


money = st.integers(0, 400).map(D)
shares = st.integers(1, 40).map(D)


@st.composite
def classes(draw, *, capped=True):
    number = draw(st.integers(0, 4))
    found = []
    for at in range(number):
        preference = draw(money)
        participating = draw(st.booleans())
        cap = None
        if capped and participating and draw(st.booleans()):
            cap = preference + draw(money)
        found.append(
            ShareClass(
                f"P{at}",
                shares=draw(shares),
                preference=preference,
                rank=draw(st.integers(0, 3)),
                participating=participating,
                cap=cap,
            )
        )
    return found


@st.composite
def stacks(draw, *, capped=True):
    options = [ShareClass("options", shares=draw(shares), strike=draw(st.integers(0, 30).map(D)))]
    held = options if draw(st.booleans()) else []
    return CapitalStack((*draw(classes(capped=capped)), ShareClass("common", draw(shares)), *held))


proceeds = st.decimals(0, 3000, places=2)


@given(stacks(), proceeds)
def test_payouts_add_up_to_the_proceeds_exactly(stack, exit_value):
    flow = stack.pay_out(exit_value)
    assert sum(flow.payouts.values()) == exit_value
    assert all(amount >= 0 for amount in flow.payouts.values())
    assert sum(stack.payoffs(Fraction(exit_value)).values()) == Fraction(exit_value)


@given(stacks(), proceeds, proceeds)
def test_nobody_loses_when_proceeds_rise(stack, one, other):
    low, high = sorted((Fraction(one), Fraction(other)))
    before, after = stack.payoffs(low), stack.payoffs(high)
    assert all(after[name] >= before[name] for name in before)


@given(stacks(), proceeds)
def test_a_class_that_claims_nothing_changes_nothing(stack, exit_value):
    wider = CapitalStack((*stack.classes, ShareClass("nobody", rank=2)))
    found = wider.payoffs(Fraction(exit_value))
    assert found.pop("nobody") == 0
    assert found == stack.payoffs(Fraction(exit_value))


@given(stacks(), proceeds)
def test_the_order_of_classes_changes_nothing(stack, exit_value):
    turned = CapitalStack(stack.classes[::-1])
    assert turned.payoffs(Fraction(exit_value)) == stack.payoffs(Fraction(exit_value))


@given(stacks(), proceeds, st.integers(2, 1000))
def test_units_of_money_and_of_shares_scale_through(stack, exit_value, factor):
    scaled = CapitalStack(
        tuple(
            dataclasses.replace(
                held,
                shares=held.shares * 7,
                preference=held.preference * factor,
                cap=None if held.cap is None else held.cap * factor,
                strike=Fraction(held.strike) * factor / 7,
            )
            for held in stack.classes
        )
    )
    before = stack.payoffs(Fraction(exit_value))
    after = scaled.payoffs(Fraction(exit_value) * factor)
    assert {name: amount * factor for name, amount in before.items()} == after


@given(stacks(), money, shares, st.booleans(), proceeds)
def test_senior_is_never_worse_than_an_equal_junior(stack, preference, held, joins, exit_value):
    twins = [
        ShareClass(name, held, preference=preference, rank=rank, participating=joins)
        for name, rank in (("senior", 1), ("junior", 2))
    ]
    found = CapitalStack((*stack.classes, *twins)).payoffs(Fraction(exit_value))
    assert found["senior"] >= found["junior"]


def plain(stack, exit_value, converted):
    """A waterfall with the conversions given, by the book: ranks, then shares."""
    left, out = Fraction(exit_value), {}
    stays = [c for c in stack.classes if c.preference and c.name not in converted]
    for rank in sorted({held.rank for held in stays}):
        peers = [held for held in stays if held.rank == rank]
        due = sum(Fraction(held.preference) for held in peers)
        now = min(left, due)
        for held in peers:
            out[held.name] = Fraction(held.preference) * now / due
        left -= now
    sharing = [c for c in stack.classes if c not in stays or c.participating]
    total = sum(Fraction(held.shares) for held in sharing)
    for held in sharing:
        out[held.name] = out.get(held.name, Fraction(0)) + left * Fraction(held.shares) / total
    return out


@given(classes(capped=False), shares, proceeds)
def test_no_class_gains_by_converting_otherwise(preferred, common, exit_value):
    stack = CapitalStack((*preferred, ShareClass("common", common)))
    flow = stack.pay_out(exit_value)
    chosen = set(flow.converted)
    found = plain(stack, exit_value, chosen)
    assert found == stack.payoffs(Fraction(exit_value))
    for held in preferred:
        if held.preference and not held.participating:
            otherwise = plain(stack, exit_value, chosen ^ {held.name})
            assert otherwise[held.name] <= found[held.name]
