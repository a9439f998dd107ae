from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from diligence.errors import InputError
from diligence.reporting.blocks import Chart
from diligence.reporting.charts import (
    RepricingEvent,
    chart_cash,
    chart_margin_against_multiple,
    chart_margin_bridge,
)
from diligence.reporting.theme import FULL_MM, HALF_MM, HATCHED, points
from tests.reporting import sample_document as sample

CHARTS = {
    "bridge_chart": HALF_MM,
    "multiple_chart": HALF_MM,
    "split_chart": FULL_MM,
    "trajectory_chart": FULL_MM,
    "cash_chart": HALF_MM,
    "margins_chart": HALF_MM,
}
SVG = "{http://www.w3.org/2000/svg}"


def texts(chart: Chart) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(chart.svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_is_drawn_for_its_width_on_paper_in_the_house_font(name: str) -> None:
    chart: Chart = getattr(sample, name)()
    assert chart.width_points == pytest.approx(points(CHARTS[name]), abs=6)
    assert "Source Sans Pro" in chart.svg
    sizes = {float(size) for size in re.findall(r'font-size="([0-9.]+)px"', chart.svg)}
    assert min(sizes) >= 6.5
    assert max(sizes) <= 8


@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_says_its_finding_to_a_reader_who_cannot_see_it(name: str) -> None:
    chart: Chart = getattr(sample, name)()
    root = ET.fromstring(chart.svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == chart.alt
    assert chart.alt.startswith(chart.title)
    assert not re.search(r"\bnan\b", chart.alt)


@pytest.mark.parametrize("name", CHARTS)
def test_identifiers_of_two_charts_on_one_page_cannot_meet(name: str) -> None:
    chart: Chart = getattr(sample, name)()
    identifiers = set(re.findall(r'\bid="([^"]+)"', chart.svg))
    assert set(re.findall(r"url\(#([^)]+)\)", chart.svg)) <= identifiers
    others: set[str] = set()
    for other in set(CHARTS) - {name}:
        others |= set(re.findall(r'\bid="([^"]+)"', getattr(sample, other)().svg))
    assert not identifiers & others


def test_the_same_frame_gives_the_same_bytes_in_two_processes() -> None:
    program = (
        "import hashlib; from tests.reporting import sample_document as s;"
        f"print(*(hashlib.sha256(getattr(s, n)().svg.encode()).hexdigest() "
        f"for n in {list(CHARTS)}))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[1],
            env={"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(Path(__file__).parents[2])},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        for seed, zone in (("1", "UTC"), ("2", "America/New_York"))
    ]
    here = [hashlib.sha256(getattr(sample, name)().svg.encode()).hexdigest() for name in CHARTS]
    assert runs[0] == runs[1] == here


@pytest.mark.parametrize("name", ["bridge_chart", "split_chart"])
def test_what_is_unresolved_is_hatched(name: str) -> None:
    chart: Chart = getattr(sample, name)()
    assert HATCHED not in chart.svg
    assert "<pattern " in chart.svg
    assert re.search(r'fill="url\(#c[0-9a-f]{10}-[0-9]+\)"', chart.svg)


def test_the_bridge_keeps_its_order_and_prints_rungs_steps_and_bounds() -> None:
    shown = texts(sample.bridge_chart())
    steps = ["Reported", "Credits added back", "API bill outside COGS", "Paid", "Free users"]
    assert [text for text in shown if text in steps] == steps
    assert "23.3" in shown
    assert "−5.2" in shown  # 18.1 - 23.3
    assert "11.6 (4.2 to 16.9)" in shown


def test_a_bridge_without_bounds_has_no_hatch() -> None:
    frame = pd.DataFrame(
        {"step": ["Reported"], "kind": ["rung"], "start": [0.0], "end": [40.0], "low": [None],
         "high": [None]}
    ).astype({"low": float, "high": float}).assign(range_kind="point")  # fmt: skip
    assert "<pattern" not in chart_margin_bridge(frame, title="Nothing is unresolved").svg


def test_events_outside_the_drawn_multiples_are_left_out() -> None:
    frame = sample.multiple_frame()
    events = (RepricingEvent("seen", 2.0), RepricingEvent("beyond", 40.0))
    shown = texts(chart_margin_against_multiple(frame, title="t", events=events))
    assert "seen" in shown
    assert "beyond" not in shown


def test_the_second_panel_and_the_red_lines_are_labelled() -> None:
    shown = texts(sample.multiple_chart())
    assert {"50 % target", "1.24×", "Runway, months", "% of revenue", "Price multiple"} <= set(
        shown
    )


def test_columns_that_are_absent_are_named() -> None:
    frame = pd.DataFrame({"month": [pd.Timestamp("2026-01-31")], "scenario": ["base"]})
    with pytest.raises(InputError, match=r"Columns \['cash'\] are missing for the cash chart"):
        chart_cash(frame, title="t", unit="USD m")


def test_an_empty_frame_is_refused() -> None:
    frame = pd.DataFrame(columns=["month", "scenario", "cash"])
    with pytest.raises(InputError, match="has 0 rows; leave the chart out"):
        chart_cash(frame, title="t", unit="USD m")


def test_names_from_the_deal_are_text_in_the_drawing() -> None:
    frame = sample.multiple_frame().replace({"paid": '<script>x</script>" & more'})
    chart = chart_margin_against_multiple(frame, title="<b>t</b>")
    assert '<script>x</script>" & more' in texts(chart)
    assert "<script" not in chart.svg


def test_a_rung_that_is_not_computable_keeps_its_place() -> None:
    frame = pd.DataFrame(
        [("Reported", "rung", 0.0, 40.0), ("Paid", "rung", 0.0, float("nan"))],
        columns=["step", "kind", "start", "end"],
    ).assign(low=float("nan"), high=float("nan"), range_kind="point")
    shown = texts(chart_margin_bridge(frame, title="Paid margin is not known"))
    assert [text for text in shown if text in {"Reported", "Paid"}] == ["Reported", "Paid"]
    assert "not computable" in shown


def test_a_step_named_twice_is_refused() -> None:
    frame = pd.DataFrame({"step": ["Paid"] * 2, "kind": ["rung"] * 2, "start": 0.0, "end": 1.0})
    with pytest.raises(InputError, match=r"\['Paid'\] occur twice"):
        chart_margin_bridge(
            frame.assign(range_kind="point", low=float("nan"), high=float("nan")), title="t"
        )


def test_a_single_multiple_is_refused_with_its_value() -> None:
    frame = sample.multiple_frame().query("multiple == 1")
    with pytest.raises(InputError, match="run from 1 to 1; give at least two"):
        chart_margin_against_multiple(frame, title="t")


def test_a_scenario_range_is_a_whisker_and_no_hatch() -> None:
    frame = pd.DataFrame(
        [("Fully loaded", "rung", 0.0, 42.6, 0.5, 42.6, "scenario range")],
        columns=["step", "kind", "start", "end", "low", "high", "range_kind"],
    )
    svg = chart_margin_bridge(frame, title="Views differ").svg
    assert "<pattern" not in svg
    assert "#b8321f" in svg


@pytest.mark.parametrize("draw", [chart_margin_bridge])
def test_charts_hold_against_the_vega_lite_schema(draw) -> None:
    # In use the schema checks are off for speed; here the same drawing passes them.
    frame = pd.DataFrame(
        [("Paid", "rung", 0.0, 52.5, 45.0, 61.7, "bound")],
        columns=["step", "kind", "start", "end", "low", "high", "range_kind"],
    )
    checked = draw.__wrapped__(frame, title="Checked")
    assert checked.svg == draw(frame, title="Checked").svg
