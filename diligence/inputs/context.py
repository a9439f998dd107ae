"""What every reader of one folder shares."""

from __future__ import annotations

from dataclasses import dataclass

from diligence.assumptions import ExchangeRates
from diligence.inputs.deal import DealTerms
from diligence.inputs.problems import ProblemLog


@dataclass(frozen=True)
class ReadingContext:
    """Terms of the deal, dated exchange rates and the log of problems."""

    terms: DealTerms
    rates: ExchangeRates
    log: ProblemLog
