"""Notebooks small enough to read, and the processes a run must not leave behind."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

SMALL_MEMO = Path(__file__).parent / "data" / "small_memo.ipynb"


@pytest.fixture
def small_memo() -> Path:
    """A table, a chart and a line of text from five parameters."""
    return SMALL_MEMO


@pytest.fixture
def write_notebook(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook of the given code cells; the first holds the parameters."""

    def write(parameters: str, *cells: str) -> Path:
        node = new_notebook(cells=[new_code_cell(source) for source in (parameters, *cells)])
        node.cells[0].metadata["tags"] = ["parameters"]
        path = tmp_path / "source.ipynb"
        nbformat.write(node, path)
        return path

    return write
