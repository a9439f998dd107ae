"""Widgets over a stress lab: a slider moves, the engine runs, tables and charts are drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diligence.analysis.what_if import (
    MOST_SCENARIOS,
    WhatIf,
    stated_elasticity,
    stated_pass_through,
    stated_saving,
)
from diligence.errors import InputError
from diligence.reporting.blocks import Paragraph
from diligence.reporting.html_blocks import to_styled_html
from diligence.stress.price_stress import moving_inputs

if TYPE_CHECKING:
    from diligence.reporting.stress_lab import StressLab

STATED = -1.0
"""What a slider holds for "as stated": the front end cannot hold nothing."""
WITHOUT_WIDGETS = "The controls need JupyterLab with a kernel; the tables below are their start."
_NAME, _FIELD = "130px", "400px"


@dataclass(frozen=True)
class StressControls:
    """The widgets of one lab, by what they move, and where the answer appears."""

    lab: StressLab
    scenarios: Any
    multiples: dict[str, Any]
    tokens_per_task: Any
    pass_through: Any
    elasticity: Any
    saving: Any
    levers: Any
    answer: Any

    @property
    def moved(self) -> tuple[Any, ...]:
        """Every widget that an analyst moves."""
        return (
            self.scenarios,
            *self.multiples.values(),
            self.tokens_per_task,
            self.pass_through,
            self.elasticity,
            self.saving,
            self.levers,
        )

    def settings(self) -> WhatIf:
        """What the widgets show now.

        Raises
        ------
        InputError
            When more scenarios are picked than stay apart in one chart.
        """
        return WhatIf(
            scenarios=tuple(self.scenarios.value),
            multiples={label: slider.value for label, slider in self.multiples.items()},
            tokens_per_task=self.tokens_per_task.value,
            pass_through=_moved(self.pass_through),
            elasticity=_moved(self.elasticity),
            saving=self.saving.value,
            levers=self.levers.value,
        )

    def redraw(self, _change: object = None) -> None:
        """Run the engine on what the widgets show; a mistake is told where the answer stands."""
        try:
            self.answer.value = self.lab.answer(self.settings())._repr_html_()
        except InputError as error:
            self.answer.value = to_styled_html(Paragraph(str(error)))

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The widgets; in a front end without them, where to find what they show."""
        bundle: dict[str, Any] = self._box()._repr_mimebundle_(**kwargs)
        return bundle | {"text/plain": WITHOUT_WIDGETS}

    def _box(self) -> Any:
        import ipywidgets as widgets

        def column(words: str, *parts: Any) -> Any:
            return widgets.VBox([widgets.HTML(f"<b>{words}</b>"), *parts])

        prices = (*self.multiples.values(), self.tokens_per_task)
        answers = (self.pass_through, self.elasticity, self.saving, self.levers)
        columns = [
            column(f"Scenarios, up to {MOST_SCENARIOS}: a line each", self.scenarios),
            column("Your own multiples: one line", *prices),
            column("How the company answers: every line", *answers),
        ]
        wrapped = widgets.Layout(flex_flow="row wrap", grid_gap="4px 24px")
        return widgets.VBox([widgets.HBox(columns, layout=wrapped), self.answer])


def stress_controls(lab: StressLab) -> StressControls:
    """Build the widgets of a lab, wire them to the engine and draw the first answer.

    Needs a kernel to answer; without one, ``lab.answer`` gives the same tables and charts.
    """
    controls = _built(lab)
    for widget in controls.moved:
        widget.observe(controls.redraw, names="value")
    controls.redraw()
    return controls


def _built(lab: StressLab) -> StressControls:
    import ipywidgets as widgets

    model, start = lab.analysis.model, lab.start
    return StressControls(
        lab,
        scenarios=widgets.SelectMultiple(
            options=[(scenario.title, scenario.name) for scenario in lab.scenarios],
            value=start.scenarios,
            rows=8,
            layout={"width": "470px"},
            tooltip="Hold Ctrl to pick several, or to pick none",
        ),
        multiples={
            key.label: _slider(key.label, start.multiples.get(key.label, 1.0), (0.1, 10.0, 0.05))
            for key in moving_inputs(model)
        },
        tokens_per_task=_slider("tokens per task", start.tokens_per_task, (0.1, 50.0, 0.1)),
        pass_through=_choice(
            "pass-through",
            [(f"as stated ({stated_pass_through(model):.0%})", STATED), *_percents(0, 100)],
            start.pass_through,
        ),
        elasticity=_choice(
            "elasticity",
            [
                (f"as stated ({stated_elasticity(model):.1f})", STATED),
                *((f"{step / 5:.1f}", step / 5) for step in range(16)),
            ],
            start.elasticity,
        ),
        saving=_choice("saving, at most", _percents(0, 80), start.saving),
        levers=widgets.Checkbox(
            value=start.levers,
            description=f"pull the company's own levers ({stated_saving(model):.0%})",
            **_layout("Mitigation, re-routing and self-hosting as the documents state them"),
        ),
        answer=widgets.HTML(),
    )


def _moved(widget: Any) -> float | None:
    return None if widget.value == STATED else float(widget.value)


def _slider(label: str, value: float, span: tuple[float, float, float]) -> Any:
    import ipywidgets as widgets

    low, high, step = span
    return widgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=step,
        description=f"{label}, x",
        readout_format=".2f",
        # the engine runs when the handle is let go, not at every step on the way
        continuous_update=False,
        **_layout(f"Multiple of today's level: {label}"),
    )


def _choice(label: str, options: Sequence[tuple[str, float]], value: float | None) -> Any:
    import ipywidgets as widgets

    return widgets.SelectionSlider(
        options=list(options),
        value=STATED if value is None else value,
        description=label,
        continuous_update=False,
        **_layout(label),
    )


def _percents(low: int, high: int) -> list[tuple[str, float]]:
    return [(f"{share} %", share / 100) for share in range(low, high + 1, 5)]


def _layout(tooltip: str) -> dict[str, Any]:
    return {
        "style": {"description_width": _NAME},
        "layout": {"width": _FIELD},
        "tooltip": tooltip,
    }
