"""Any price index by the name of its method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.prices.price_index import PriceIndex, price_index
from diligence.prices.price_index_geks import geks_index
from diligence.prices.price_index_hedonic import hedonic_index

if TYPE_CHECKING:
    import pandas as pd

GEKS = "geks"


def index_by_method(
    observations: pd.DataFrame,
    *,
    method: str = "jevons",
    chained: bool = True,
    quality: Sequence[str] = (),
) -> PriceIndex:
    """Index of a table of prices by a method's name.

    Parameters
    ----------
    observations
        As in `price_index`; for ``hedonic`` with the columns of `quality`.
    method
        A method of `price_index`; ``geks`` (of Jevons) or ``geks-fisher``, ``geks-tornqvist``,
        ``geks-walsh``; ``hedonic``.
    chained
        Whether `price_index` multiplies links; the others have no links.
    quality
        Columns that describe an item; for ``hedonic`` only, which needs at least one.

    Raises
    ------
    InputError
        Method and qualities do not go together.
    EstimationError
        A value cannot be used, or periods cannot be compared.
    """
    if bool(quality) != (method == "hedonic"):
        raise InputError(
            f"method {method!r} with {len(quality)} columns of quality: the hedonic index needs at "
            "least one, the others use none"
        )
    if method == "hedonic":
        return hedonic_index(observations, quality=quality)
    if method.split("-")[0] == GEKS:
        formula: Any = method.removeprefix(GEKS).removeprefix("-") or "jevons"
        return geks_index(observations, method=formula)
    known: Any = method
    return price_index(observations, method=known, chained=chained)
