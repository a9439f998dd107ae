"""What is crossed, what is not, and what nobody knows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.inputs.deal import Archetype
from diligence.projections.red_lines import check_red_lines, load_red_lines, red_line_values
from diligence.projections.unit_costs import unit_costs
from diligence.projections.usage_scale import PlanRevenue
from diligence.projections.user_economics import user_economics
from diligence.units import parse_period

DAY = date(2026, 6, 30)


def table(archetype=Archetype.APPLICATION):
    return load_red_lines(archetype, register=AssumptionRegister.load(DAY), as_of=DAY)


def checked(archetype=Archetype.APPLICATION, **values):
    return check_red_lines(table(archetype), red_line_values(**values))


def line(found, name, subject=""):
    return next(item for item in found.lines if (item.name, item.subject) == (name, subject))


def test_nothing_known_is_nothing_passed():
    found = checked()
    assert all(item.crossed is None for item in found.lines)
    assert all(item.needs for item in found.lines)
    assert found.crossed == ()
    assert found.summary().startswith("not known: cogs_to_arpu: needs usage by plan")


def test_shares_of_the_company_are_held_against_their_lines():
    found = checked(
        blended_margin=Decimal("0.442"),
        idle_reservation=Decimal("0.2"),
        single_provider=0.71,
        unresolved=float("nan"),
    )
    crossed = {item.name: item.crossed for item in found.lines}
    assert crossed["blended_margin"] is True
    assert crossed["idle_reservation"] is False
    assert crossed["single_provider"] is True
    assert crossed["unresolved"] is None


def test_five_requests_by_plan_and_feature():
    usage = pd.DataFrame(
        {
            "day": date(2026, 6, 1),
            "user": ["a", "b", "c", "d", "e"],
            "plan": ["Pro", "Pro", "Pro", "Team", "Legacy"],
            "feature": ["chat", "chat", "chat", "agent", "agent"],
            "input_tokens": [1, 1, 38, 10, 10],
        }
    )
    june = parse_period("2026-06")
    costs = unit_costs(usage, Decimal(60), kind="request", period=june)
    users = user_economics(costs.spread, {"Pro": Decimal(25), "Team": Decimal(50)})
    revenue = {"Pro": PlanRevenue(Decimal(75)), "Team": PlanRevenue(Decimal(50))}
    found = checked(costs=costs, users=users, revenue=revenue)
    pro, team, legacy = (line(found, "cogs_to_arpu", p) for p in ("Pro", "Team", "Legacy"))
    assert (pro.value, pro.crossed) == (Decimal(40) / 75, True)
    assert (team.value, team.crossed) == (Decimal("0.2"), False)
    assert legacy.crossed is None
    # chat: median 1, p95 nine tenths of the way from 1 to 38
    assert line(found, "query_tail", "chat").value == pytest.approx(34.3)
    assert line(found, "query_tail", "chat").crossed
    assert line(found, "query_tail", "agent").crossed is False
    below = line(found, "users_below_zero")
    assert (below.value, below.crossed) == (0.25, True)  # one of four paying users


def test_lines_that_do_not_fit_an_archetype_are_set_apart_with_the_reason():
    found = checked(Archetype.GPU_CLOUD, blended_margin=Decimal("0.1"))
    assert "blended_margin" not in {item.name for item in found.lines}
    assert "CoreWeave" in next(r.reason for r in found.not_applied if r.name == "blended_margin")


def test_a_value_without_a_rule_is_refused():
    with pytest.raises(InputError, match="no red line is named 'unresolvd'; known: unresolved"):
        check_red_lines(table(), {"unresolvd": 0.1})


def test_results_show_themselves():
    found = checked(unresolved=Decimal("0.2"))
    assert "crossed: unresolved is 0.2, above 0.15" in found.summary()
    assert found.to_frame()["crossed"].tolist().count(True) == 1
    assert "<table" in found._repr_html_()
    assert "<table" in table()._repr_html_()
