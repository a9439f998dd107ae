"""How much of a rise in cost theory expects a seller to pass on."""

from __future__ import annotations

from typing import Literal

from diligence.errors import InputError

Demand = Literal["linear", "constant_elasticity", "exponential"]


def theoretical_pass_through(
    demand: Demand, *, firms: int = 1, elasticity: float | None = None
) -> float:
    """Rise of the price over the rise of cost, dp/dc, at the best price of each seller.

    Linear demand: n/(n+1) with n sellers of one good in Cournot competition, one half for a
    monopoly. Constant elasticity e (a monopoly): e/(e-1), more than the rise. Exponential demand:
    one. Bulow and Pfleiderer 1983, Journal of Political Economy 91(1), 182-185; Weyl and
    Fabinger 2013, Journal of Political Economy 121(3), 528-583.

    Parameters
    ----------
    demand
        Shape of the sellers' demand.
    firms
        Sellers, 1 or more; linear demand only.
    elasticity
        Above 1; needed with constant elasticity.

    Raises
    ------
    InputError
        When the elasticity or the number of firms is outside its range.

    Examples
    --------
    >>> theoretical_pass_through("linear")
    0.5
    >>> theoretical_pass_through("linear", firms=3)
    0.75
    >>> theoretical_pass_through("constant_elasticity", elasticity=2)
    2.0

    A contract, not the curve, decides what is passed on before it ends.
    """
    if firms < 1:
        raise InputError(f"Pass-through needs one firm or more; found {firms}.")
    if demand == "linear":
        return firms / (firms + 1)
    if demand == "exponential":
        return 1.0
    if elasticity is None or elasticity <= 1:
        raise InputError(
            f"Constant elasticity needs an elasticity above 1 to have a best price; found "
            f"{elasticity}."
        )
    return elasticity / (elasticity - 1)
