"""What a valuation assumes beyond the deal: hurdles, exit, later rounds, weights."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.valuation.option_pricing import ExitView

MONTHS_A_YEAR = 12
USED = (
    "hurdle_irr",
    "hurdle_multiple_of_money",
    "exit_months",
    "months_between_rounds",
    "dilution_per_later_round",
    "exit_gross_profit_multiple",
    "growth_endurance",
    "equity_volatility",
    "riskless_rate",
    "forward_weight_recovery",
    "forward_weight_failure",
    "target_gross_margin",
)
"""Names of the register that a valuation reads."""


@dataclass(frozen=True)
class ValuationAssumptions:
    """Figures of the register that a valuation reads; shares and rates are fractions a year.

    Examples
    --------
    >>> from datetime import date
    >>> register = AssumptionRegister.load(date(2026, 6, 30))
    >>> assumed = ValuationAssumptions.of(register)
    >>> round(assumed.hurdle, 2), assumed.later_rounds
    (3.71, 2)

    Thirty per cent a year over five years asks for 3.7 times the money, more than the flat
    hurdle of three times.
    """

    hurdle_irr: float
    hurdle_multiple_of_money: float
    exit_months: float
    months_between_rounds: float
    dilution_per_later_round: Decimal
    exit_gross_profit_multiple: float
    growth_endurance: float
    equity_volatility: float
    riskless_rate: float
    forward_weight_recovery: float
    forward_weight_failure: float
    target_gross_margin: float

    @classmethod
    def of(cls, register: AssumptionRegister) -> ValuationAssumptions:
        """Read the figures in force.

        Raises
        ------
        InputError
            When a figure has no value in force, or the weights exceed 1.
        """
        read = {name: _number(register, name) for name in USED}
        dilution = read.pop("dilution_per_later_round")
        assumed = cls(
            dilution_per_later_round=dilution,
            **{name: float(found) for name, found in read.items()},
        )
        if assumed.forward_weight_recovery + assumed.forward_weight_failure > 1:
            raise InputError(
                "forward_weight_recovery and forward_weight_failure add up to more than 1; lower "
                "one of them in assumptions.yaml."
            )
        return assumed

    @property
    def exit_years(self) -> float:
        """Years to the exit."""
        return self.exit_months / MONTHS_A_YEAR

    @property
    def hurdle(self) -> float:
        """Multiple of money asked for: the higher of the flat one and the yearly rate's."""
        yearly = float((1 + self.hurdle_irr) ** self.exit_years)
        return max(self.hurdle_multiple_of_money, yearly)

    @property
    def later_rounds(self) -> int:
        """Whole rounds between this one and the exit."""
        return int(self.exit_months // self.months_between_rounds)

    @property
    def view(self) -> ExitView:
        """The exit as the option-pricing method sees it."""
        return ExitView(self.exit_years, self.equity_volatility, self.riskless_rate)


def _number(register: AssumptionRegister, name: str) -> Decimal:
    found = register.get(name).value
    if not isinstance(found, Decimal):
        raise InputError(f"The register has no value of {name}; state it in assumptions.yaml.")
    return found
