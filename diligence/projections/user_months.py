"""Revenue and serving cost of each user in each month of a period."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.projections.cost_spread import CostSpread
from diligence.projections.user_costs import month_numbers

if TYPE_CHECKING:
    import pandas as pd

PAYING = ("", "paid")


def user_months(spread: CostSpread, plan_prices: Mapping[str, Decimal]) -> pd.DataFrame:
    """One row a user and month with usage, in the order of users and months.

    Parameters
    ----------
    spread
        Serving cost over usage.
    plan_prices
        Net revenue of one customer a month by plan.

    Returns
    -------
    DataFrame
        ``user`` (its position among the users of the rows), ``month`` (since January 1970),
        ``cost`` of all its usage that month, ``plan`` and ``revenue`` of the dearest plan with
        paid usage ("" and 0 without one), ``is_paying`` and ``is_unpriced`` (paid usage on a
        plan without a price).
    """
    import numpy as np
    import pandas as pd

    frame = spread.rows.frame
    # "" stands for no plan, so that the place of a plan is also the rank of its price
    ranked = ["", *sorted(plan_prices, key=lambda plan: (plan_prices[plan], plan))]
    rank = {plan: place for place, plan in enumerate(ranked)}
    is_paid = frame["payer"].isin(PAYING).to_numpy()
    plans = frame["plan"].cat
    places = np.array([rank.get(plan, 0) if plan else 0 for plan in plans.categories])
    place = np.where(is_paid, places[plans.codes.to_numpy()], 0)
    rows = pd.DataFrame(
        {
            "user": frame["user"].cat.codes.to_numpy().astype("int64"),
            "month": month_numbers(spread.rows).to_numpy().astype("int64"),
            "cost": spread.row_costs(),
            "place": place,
            "is_unpriced": is_paid & (place == 0),
        }
    )
    rows = rows[(frame["user"] != "").to_numpy()]
    totals = rows.groupby(["user", "month"], sort=True).agg(
        cost=("cost", "sum"), place=("place", "max"), is_unpriced=("is_unpriced", "max")
    )
    prices = np.array([0.0, *(float(plan_prices[plan]) for plan in ranked[1:])])
    at = totals["place"].to_numpy()
    return totals.reset_index().assign(
        plan=np.array(ranked, dtype=object)[at], revenue=prices[at], is_paying=at > 0
    )
