"""What the run notebook shows of a quarter, and that the notebook runs for another one."""

from __future__ import annotations

from pathlib import Path

import papermill
import pytest

from diligence.errors import InputError
from diligence.reporting.blocks import Paragraph, Table
from diligence.reporting.price_watch import PriceWatchReport, open_price_watch

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "price_floor_watch.ipynb"
BLOCKS = [
    name
    for name, entry in vars(PriceWatchReport).items()
    if isinstance(entry, property) and not name.startswith("_")
]


@pytest.fixture(scope="module")
def spring(tmp_path_factory):
    path = tmp_path_factory.mktemp("watch") / "holdings.csv"
    path.write_text("company,model,usd_per_month\nArdent,gpt-5.4,100000\nBrook,claude-sonnet-5,\n")
    return open_price_watch("2026Q2", holdings=str(path))


def cells(table, title):
    position = [column.title for column in table.columns].index(title)
    return [row[position] for row in table.rows]


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_shows_itself(spring, name):
    assert "<" in getattr(spring, name)._repr_html_()


def test_versions_multiply_list_price_and_tokens(spring):
    table = spring.versions
    found = dict(zip(cells(table, "To"), cells(table, "Same text, x"), strict=True))
    assert found["gpt-5.5"] == "2.00"
    assert found["claude-opus-4-7"] == "1.32"
    assert "known on 2026-06-30" in table.source


def test_the_announced_rise_and_whom_it_hits(spring):
    assert cells(spring.announced, "Input after") == ["3"]
    assert cells(spring.hits, "USD a month") == ["+100,000", ""]


def test_events_whose_size_depends_on_use_say_so(spring):
    sizes = dict(zip(cells(spring.events, "Event"), cells(spring.events, "Bill, x"), strict=True))
    assert sizes["Copilot usage billing"] == "depends on use"
    assert sizes["GPT-5.5 bill"] == "1.70 (1.49 to 1.92)"


def test_a_quiet_quarter_says_so_in_words():
    quiet = open_price_watch("2025Q4", known_on="2025-12-31", mix="1:1")
    for name in ("list_changes", "announced", "taken_back", "hits"):
        assert isinstance(getattr(quiet, name), Paragraph)
    assert isinstance(quiet.versions, Table)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"known_on": "June"}, "known_on: 'June' is not a date"),
        ({"mix": "3"}, "the mix is '3'"),
        ({"holdings": "none.csv"}, "none.csv cannot be used as a table of holdings"),
    ],
)
def test_parameters_that_cannot_be_read(parameters, says):
    with pytest.raises(InputError, match=says):
        open_price_watch("2026Q2", **parameters)


def test_the_notebook_runs_for_another_quarter(tmp_path):
    made = papermill.execute_notebook(
        NOTEBOOK,
        tmp_path / "out.ipynb",
        parameters={"quarter": "2026Q3", "known_on": "2026-09-30"},
        kernel_name="python3",
        progress_bar=False,
    )
    shown = "".join(
        output.data.get("text/html", "")
        for cell in made.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output
    )
    assert "2026Q3, as known on 2026-09-30" in shown
    assert "deepseek-v4-pro" in shown
