"""Notebooks are narrative plus library calls; run ones are stripped, worked ones executed."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
RUN = sorted(NOTEBOOKS.glob("*.ipynb"))
WORKED = sorted((NOTEBOOKS / "worked_examples").glob("*.ipynb"))
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.If,
    ast.IfExp,
    ast.Try,
    ast.With,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.GeneratorExp,
    ast.BinOp,
    ast.AugAssign,
)
LONGEST_CELL = 16


def code_cells(path: Path):
    node = nbformat.read(path, as_version=4)
    return [cell for cell in node.cells if cell.cell_type == "code"]


def test_there_are_notebooks_of_both_kinds():
    assert RUN
    assert WORKED


@pytest.mark.parametrize("path", RUN + WORKED, ids=lambda p: p.name)
def test_cells_hold_no_logic(path):
    for cell in code_cells(path):
        found = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, LOGIC)]
        assert not found, f"{path.name}: {ast.unparse(found[0])}"
        assert len(cell.source.splitlines()) <= LONGEST_CELL


@pytest.mark.parametrize("path", RUN, ids=lambda p: p.name)
def test_run_notebooks_are_stripped(path):
    for cell in code_cells(path):
        assert not cell.outputs
        assert cell.execution_count is None


@pytest.mark.parametrize("path", RUN, ids=lambda p: p.name)
def test_every_parameter_has_a_type_and_a_comment(path):
    tagged = [c for c in code_cells(path) if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    for line in tagged[0].source.splitlines():
        assert ":" in line.split("=")[0]
        assert "#" in line


@pytest.mark.parametrize("path", WORKED, ids=lambda p: p.name)
def test_worked_examples_are_committed_executed(path):
    # nbval checks nothing on a cell without an execution count.
    for cell in code_cells(path):
        assert cell.execution_count is not None


@pytest.mark.parametrize("path", RUN + WORKED, ids=lambda p: p.name)
def test_prose_balances_code(path):
    node = nbformat.read(path, as_version=4)
    prose = sum(cell.cell_type == "markdown" for cell in node.cells)
    assert prose >= 0.5 * len(code_cells(path))
