"""What customers' contracts let a company pass on, and when."""

from __future__ import annotations

import numpy as np

from diligence.projections.responses import SegmentResponse
from diligence.projections.running_sum import running_sum
from diligence.projections.shocks import Array


def passed_on(rise: Array, response: SegmentResponse, *, revenue: float = 1.0) -> Array:
    """Turn a rise in the cost of the same use into what customers pay for it, over revenue.

    Usage-priced revenue follows the cost of ``notice_months`` before. One flat contract in
    ``renewal_months`` renews each month, at the cost of that month, and keeps its price until it
    renews again: flat revenue bears the mean of the last ``renewal_months``. A contract renewed
    before a rise does not know of it. What falls is passed on as what rises.

    Parameters
    ----------
    rise
        Rise in what customers are to bear, (months, paths); 0 before the first month.
    response
        Contracts of the segment.
    revenue
        Revenue that it is told over, above 0.

    Examples
    --------
    A cost that rises by 12 in the third month, borne by yearly contracts and none by use:

    >>> rise = np.array([[0.0], [0.0], [12.0], [12.0]])
    >>> yearly = SegmentResponse(flat_share=1.0, renewal_months=12)
    >>> passed_on(rise, yearly)[:, 0]
    array([0., 0., 1., 2.])

    The two months of contracts renewed before the rise bear it a year later: margin falls at once
    and comes back over twelve months.
    """
    months, flat, window = rise.shape[0], response.flat_share, response.renewal_months
    free = (1.0 - response.fixed_share) / revenue
    notice = min(response.notice_months, months)
    if not notice and (not flat or window <= 1):
        return rise * free
    by_use = free * (1.0 - flat)
    if not flat:
        passed = np.empty_like(rise)
        passed[:notice] = 0.0
        np.multiply(rise[: months - notice], by_use, out=passed[notice:])
        return passed
    passed = _sum_of_last(rise, window)
    passed *= free * flat / max(window, 1)
    passed[notice:] += by_use * rise[: months - notice]
    return passed


def _sum_of_last(values: Array, window: int) -> Array:
    """Sum of the last months, of which those before the first are 0."""
    if window <= 1:
        return values.copy()
    total = running_sum(values)
    # From the last rows up, so that what is taken away is still the whole sum.
    for stop in range(values.shape[0], window, -window):
        first = max(stop - window, window)
        total[first:stop] -= total[first - window : stop - window]
    return total
