"""Interactive stress of one deal: parameters in, tables and charts out; no state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from diligence.analysis import DealAnalysis, analyse
from diligence.analysis.stress_analysis import chosen_scenarios
from diligence.analysis.stress_words import in_two_sentences
from diligence.analysis.what_if import WhatIf, what_if
from diligence.inputs.load import load_deal
from diligence.reporting.blocks import Column, Paragraph, Table
from diligence.reporting.documents import TitleLine
from diligence.reporting.memo import memo_marks
from diligence.reporting.stress_answer import StressAnswer
from diligence.reporting.stress_controls import StressControls, stress_controls
from diligence.resources import resource_path
from diligence.stress.scenarios import Scenario

EXAMPLE = ("datasets", "cases", "quillfern-code")


@dataclass(frozen=True)
class StressLab:
    """A deal ready to be stressed by hand.

    Attributes
    ----------
    analysis
        The deal.
    start
        What the controls show first.
    scenarios
        Every scenario that can be picked: the deal's own first.
    """

    analysis: DealAnalysis
    start: WhatIf = field(default_factory=WhatIf)
    scenarios: tuple[Scenario, ...] = ()

    @property
    def title_line(self) -> TitleLine:
        """Company and period."""
        title = f"{self.analysis.company}, {self.analysis.period.label}"
        return TitleLine(title, memo_marks(self.analysis))

    @property
    def two_sentences(self) -> Paragraph:
        """What breaks first, and why."""
        return Paragraph(in_two_sentences(self.analysis))

    @property
    def scenario_list(self) -> Table:
        """Names that the parameter ``scenarios`` takes, with kind, date and source."""
        heads = ("Name", "Scenario", "Kind", "Dated", "Source")
        rows = tuple(
            (
                scenario.name,
                scenario.title,
                scenario.kind,
                scenario.dated.isoformat() if scenario.dated else "",
                scenario.source,
            )
            for scenario in self.scenarios
        )
        return Table(tuple(map(Column, heads)), rows)

    @property
    def controls(self) -> StressControls:
        """Widgets that draw tables and charts again when they are moved; new ones each time."""
        return stress_controls(self)

    def answer(self, settings: WhatIf | None = None) -> StressAnswer:
        """Tables and charts for parameters; those of the start when left out.

        Raises
        ------
        InputError
            When a scenario or an input is unknown.
        """
        moved = self.start if settings is None else settings
        return StressAnswer(self.analysis, what_if(self.analysis, moved))


def open_stress_lab(
    deal_folder: str = "", *, as_of: str = "", draft: bool = False, scenarios: str = ""
) -> StressLab:
    """Read and analyse a deal for work by hand.

    Parameters
    ----------
    deal_folder
        Path of the deal folder; an invented company that travels with the package when empty.
    as_of
        ISO date that overrides the one in deal.yaml; empty keeps it.
    draft
        Set unreadable rows aside instead of refusing the folder.
    scenarios
        Names of at most three scenarios to start with, separated by commas.

    Raises
    ------
    InputError
        With every problem of every file; a scenario is unknown.
    """
    folder = Path(deal_folder) if deal_folder else resource_path(*EXAMPLE)
    day = date.fromisoformat(as_of) if as_of else None
    analysis = analyse(load_deal(folder, as_of=day, draft=draft))
    names = tuple(name.strip() for name in scenarios.split(",") if name.strip())
    start = WhatIf(scenarios=names)
    if names:
        chosen_scenarios(analysis.deal, names)
    return StressLab(analysis, start, chosen_scenarios(analysis.deal))
