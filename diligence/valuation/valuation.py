"""Value of a position, base and stressed: an indicative sensitivity, not fair value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.inputs.deal import EarlierClass, RoundTerms
from diligence.units import format_money
from diligence.valuation.assumptions import ValuationAssumptions
from diligence.valuation.calibration import Calibration, calibrate
from diligence.valuation.case_value import value_case
from diligence.valuation.exit_cases import CompanyCase
from diligence.valuation.position import CaseValue
from diligence.valuation.round_stack import (
    RoundStack,
    round_needs,
    round_notes,
    stack_after_round,
)

if TYPE_CHECKING:
    import pandas as pd

LABEL = "indicative sensitivity, not fair value"


@dataclass(frozen=True)
class Valuation:
    """A position in the base and the stressed case, with what is missing to compute more.

    ``hurdle`` is the multiple of money asked for. Figures that need something of ``needs`` are
    None.
    """

    base: CaseValue
    stressed: CaseValue
    hurdle: float
    exit_years: float
    calibration: Calibration | None = None
    after: RoundStack | None = None
    needs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    currency: str = ""
    label: str = LABEL

    def to_frame(self) -> pd.DataFrame:
        """One row a figure, one column a case."""
        import pandas as pd

        names = (
            "method",
            "enterprise_value",
            "position_value",
            "as_converted_value",
            "change",
            "proceeds",
            "multiple_of_money",
            "multiple_as_converted",
            "irr",
            "growth_needed",
            "capital_needed",
            "p_cash_out",
            "dilution_to_survive",
            "ownership_at_exit",
        )
        rows = [
            {
                "figure": name,
                "base": getattr(self.base, name),
                "stressed": getattr(self.stressed, name),
            }
            for name in names
        ]
        walks = {"base": self.base.walk_away, "stressed": self.stressed.walk_away}
        rows += [
            {"figure": "walk_away_post_money", **{k: w.post_money for k, w in walks.items()}},
            {"figure": "walk_away_status", **{k: w.status for k, w in walks.items()}},
        ]
        return pd.DataFrame(rows, dtype=object)

    def summary(self) -> str:
        """Returns and walk-away price in words, or what is missing."""
        parts = []
        if self.base.multiple_of_money is not None and self.stressed.multiple_of_money is not None:
            parts.append(
                f"returns {self.base.multiple_of_money:.2f}x base and "
                f"{self.stressed.multiple_of_money:.2f}x stressed in {self.exit_years:g} years "
                f"against a hurdle of {self.hurdle:.2f}x"
            )
        if self.base.multiple_of_money is not None:
            words = [self._price(case) for case in (self.base, self.stressed)]
            parts.append(f"walk-away post-money {words[0]} base, {words[1]} stressed")
        if self.calibration and self.calibration.multiple and self.stressed.change is not None:
            parts.append(f"stress moves the position by {self.stressed.change:+.0%}")
        if self.needs:
            parts.append(f"needs {', '.join(self.needs)}")
        return f"{'; '.join(parts)} ({self.label})"

    def _price(self, case: CaseValue) -> str:
        found = case.walk_away
        if found.post_money is None:
            return found.status.replace("_", " ")
        amount = Decimal(round(found.post_money))
        return format_money(amount, currency=self.currency, places=0).strip()

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def value(
    terms: RoundTerms,
    *,
    base: CompanyCase,
    stressed: CompanyCase,
    assumed: ValuationAssumptions,
    on: date,
    cash: Decimal | None,
    debt: Decimal | None,
    earlier: Sequence[EarlierClass] = (),
    currency: str = "",
) -> Valuation:
    """Value a position after a round, in the base and in the stressed case.

    The multiple of gross profit that the round implies is carried to the stressed gross profit;
    the stack divides the result by option pricing. At the exit gross profit has grown, the
    multiple is the lower of the round's and the assumed one, later rounds have diluted, and the
    waterfall pays. Where gross profit gives no multiple, weighted states of the exit take its
    place and there is no point mark.

    Parameters
    ----------
    terms
        Of the round, reporting currency.
    base, stressed
        The company at one moment in both cases.
    assumed
        From the register: hurdle, exit, later rounds.
    on
        Day of the round, or the as-of date.
    cash, debt
        Unrestricted cash before the round, and debt. Unknown cash means no mark; unknown debt
        counts as none and is said.
    earlier
        Classes of earlier rounds, and options.
    currency
        Reporting currency, for words.

    Raises
    ------
    InputError
        When the classes own more than the whole company.
    EstimationError
        When no value of the company explains the round's price.
    """
    missing = round_needs(terms, earlier)
    if missing:
        return _unknown(assumed, needs=(f"round terms: {', '.join(missing)}",))
    notes = list(round_notes(terms, earlier))
    if debt is None:
        notes.append("debt is not stated and counts as none")
    after = stack_after_round(terms, earlier=earlier, debt=debt or Decimal(0))
    if cash is None:
        needs = ("unrestricted cash (cash.csv)",)
        return _unknown(assumed, needs=needs, notes=tuple(notes), after=after)
    money = after.round_size if terms.primary is None else terms.primary
    found = calibrate(
        after,
        on=on,
        gross_profit=base.gross_profit,
        cash=float(cash + money),
        view=assumed.view,
    )
    if found.reason:
        notes.append(f"no point mark: {found.reason}; states of the exit are weighted instead")
    of_growth = "growth over the next year"
    base_value, stressed_value = (
        value_case(name, case, base=base, after=after, calibration=found, assumed=assumed, on=on)
        for name, case in (("base", base), ("stressed", stressed))
    )
    return Valuation(
        base=base_value,
        stressed=stressed_value,
        hurdle=assumed.hurdle,
        exit_years=assumed.exit_years,
        calibration=found,
        after=after,
        needs=(of_growth,) if None in (base.growth, stressed.growth) else (),
        notes=tuple(notes),
        currency=currency,
    )


def _unknown(
    assumed: ValuationAssumptions,
    *,
    needs: tuple[str, ...],
    notes: tuple[str, ...] = (),
    after: RoundStack | None = None,
) -> Valuation:
    return Valuation(
        base=CaseValue("base", "none"),
        stressed=CaseValue("stressed", "none"),
        hurdle=assumed.hurdle,
        exit_years=assumed.exit_years,
        after=after,
        needs=needs,
        notes=notes,
    )
