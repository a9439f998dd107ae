"""What ``diligence lab`` puts in front of an analyst."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from diligence.errors import InputError
from diligence.resources import resource_path
from diligence.runner.lab import prepare_lab
from diligence.runner.notebooks import run_notebook

MINIMAX = resource_path("datasets", "cases", "minimax")


def test_the_run_notebooks_are_offered_with_the_deal_preset(tmp_path: Path) -> None:
    place = prepare_lab(MINIMAX, out=tmp_path / "lab")
    assert {"deal_memo.ipynb", "price_floor_stress.ipynb"} <= {p.name for p in place.iterdir()}
    node = nbformat.read(place / "price_floor_stress.ipynb", as_version=4)
    parameters = next(cell for cell in node.cells if "parameters" in cell.metadata.get("tags", []))
    assert f"deal_folder: str = {str(MINIMAX.resolve())!r}" in parameters.source
    assert "scenarios: str = " in parameters.source


def test_work_of_an_earlier_day_is_kept(tmp_path: Path) -> None:
    place = prepare_lab(None, out=tmp_path)
    edited = place / "price_floor_stress.ipynb"
    edited.write_text(edited.read_text(encoding="utf-8").replace("Move it", "My notes"))
    prepare_lab(None, out=tmp_path)
    assert "My notes" in edited.read_text(encoding="utf-8")


def test_a_folder_without_a_deal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no deal\.yaml"):
        prepare_lab(tmp_path, out=tmp_path / "lab")


@pytest.mark.parametrize("folder", [None, MINIMAX], ids=["as it comes", "minimax"])
def test_the_stress_notebook_runs_without_a_browser(tmp_path: Path, folder: Path | None) -> None:
    source = prepare_lab(folder, out=tmp_path) / "price_floor_stress.ipynb"
    found = run_notebook(source, out=tmp_path / "done.ipynb", parameters={}).node
    outputs = {cell.id: cell.outputs for cell in found.cells if cell.cell_type == "code"}
    assert all(output.output_type != "error" for each in outputs.values() for output in each)
    controls = outputs["controls"][0].data
    assert "application/vnd.jupyter.widget-view+json" in controls
    assert controls["text/plain"].startswith("The controls need JupyterLab")
    for name in ("margins", "cash", "map"):
        assert "<svg" in outputs[name][0].data["text/html"]
    company = "Quillfern Code" if folder is None else "MiniMax"
    assert company in outputs["words"][0].data["text/html"]
