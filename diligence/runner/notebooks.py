"""Executing a parameterised notebook: the same inputs give the same bytes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from diligence.errors import InputError, RenderError
from diligence.reporting.atomic_files import write_atomically
from diligence.resources import PACKAGE
from diligence.runner.kernel_host import DEFAULT_PRELOAD
from diligence.runner.kernels import KernelStart, running_kernel
from diligence.runner.parameters import check_parameters

if TYPE_CHECKING:
    import pandas as pd
    from nbformat import NotebookNode

INJECTED_TAG = "injected-parameters"
ERROR_MARKER_TAG = "papermill-error-cell-tag"


@dataclass(frozen=True)
class ExecutedNotebook:
    """A notebook that ran, as written, and what the run took.

    Attributes
    ----------
    node
        The executed notebook without times, machine paths or anything else that varies.
    timing
        Seconds: ``kernel`` (fork and imports), ``cells`` (one a code cell), ``total``.
        Kept apart because it differs on each run; it belongs under ``timing`` in run.json.
    """

    node: NotebookNode
    timing: Mapping[str, Any]

    def summary(self) -> str:
        """Say how many cells ran; the same on each run."""
        return f"{len(self.timing['cells'])} code cells ran."

    def to_frame(self) -> pd.DataFrame:
        """One row a code cell with the seconds it took."""
        import pandas as pd

        seconds = pd.Series(self.timing["cells"], dtype=float, name="seconds")
        return seconds.rename_axis("code_cell").reset_index()

    def _repr_html_(self) -> str:
        return f"<p>{self.summary()}</p>"


def run_notebook(
    source: Path,
    *,
    out: Path,
    parameters: Mapping[str, object],
    preload: Sequence[str] = DEFAULT_PRELOAD,
    kernel_start: KernelStart = "auto",
) -> ExecutedNotebook:
    """Execute a notebook with checked parameters and write it without anything that varies.

    Parameters
    ----------
    source
        Notebook with a cell tagged ``parameters``; not changed.
    out
        File to write, replaced in one step.
    parameters
        Values by name. A parameter that is an absolute path reaches the kernel whole; the
        written notebook shows its last component only.
    preload
        Modules the notebook imports; a forked kernel finds them ready.
    kernel_start
        How the kernel comes to life, see `diligence.runner.kernels.running_kernel`.

    Raises
    ------
    InputError
        If a parameter is unknown, of the wrong type or out of range; no kernel was started.
    RenderError
        If a cell fails. What ran is kept beside `out` as ``<name>.failed.ipynb``.
    """
    started = time.perf_counter()
    values = check_parameters(source, parameters)
    node = _read_notebook(source)
    with running_kernel(preload=preload, start=kernel_start) as kernel:
        # Imported while the kernel boots.
        from diligence.runner.engine import execute

        kernel_seconds = time.perf_counter() - started
        execution = execute(node, values, kernel)
    executed = execution.node
    timing = {"kernel": kernel_seconds, "cells": _cell_seconds(executed)}
    last_cell = _last_started_cell(executed)
    _strip(executed, _shown(values), kernel.folder)
    failed = out.with_suffix(".failed.ipynb")
    if execution.failure:
        _write_notebook(failed, executed)
        raise _explain(source, last_cell, execution.failure, failed)
    _write_notebook(out, executed)
    failed.unlink(missing_ok=True)
    return ExecutedNotebook(executed, timing | {"total": time.perf_counter() - started})


def _read_notebook(source: Path) -> NotebookNode:
    import nbformat

    try:
        node: NotebookNode = nbformat.reads(  # type: ignore[no-untyped-call]
            source.read_text(encoding="utf-8"), as_version=4
        )
    except Exception as error:
        raise InputError(f"{source.name!r} cannot be read as a notebook: {error}") from error
    for number, cell in enumerate(node.cells):
        # Papermill would give a cell without an id a random one.
        cell.setdefault("id", f"cell-{number}")
    node.nbformat_minor = max(node.nbformat_minor, 5)
    return node


def _write_notebook(path: Path, node: NotebookNode) -> None:
    import nbformat

    text: str = nbformat.writes(node)  # type: ignore[no-untyped-call]
    write_atomically(path, text.rstrip() + "\n")


def _code_cells(node: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in node.cells if cell.cell_type == "code"]


def _cell_seconds(node: NotebookNode) -> list[float]:
    records = (cell.metadata.get("papermill", {}) for cell in _code_cells(node))
    return [float(record.get("duration") or 0.0) for record in records]


def _last_started_cell(node: NotebookNode) -> int:
    """Number of the code cell that was started last, as Jupyter counts; 0 if none was."""
    records = [cell.metadata.get("papermill", {}) for cell in _code_cells(node)]
    started = [number for number, record in enumerate(records, 1) if record.get("start_time")]
    return max(started, default=0)


def _strip(node: NotebookNode, shown: dict[str, Any], folder: Path) -> None:
    node.metadata.pop("papermill", None)
    node.cells = [cell for cell in node.cells if ERROR_MARKER_TAG not in _tags(cell)]
    for cell in node.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if INJECTED_TAG in _tags(cell):
            cell.id = INJECTED_TAG
            cell.source = _injected_source(shown)
        if not _tags(cell):
            cell.metadata.pop("tags", None)
        for output in cell.get("outputs", []):
            _strip_paths(output, folder)


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _injected_source(shown: dict[str, Any]) -> str:
    from papermill.translators import translate_parameters

    return str(translate_parameters("python3", "python", shown, "Parameters"))


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _last_component(value) for name, value in values.items()}


def _last_component(value: object) -> object:
    for flavour in (PurePosixPath, PureWindowsPath):
        if isinstance(value, str) and flavour(value).is_absolute():
            return flavour(value).name
    return value


def _strip_paths(output: NotebookNode, folder: Path) -> None:
    if output.output_type == "stream":
        output.text = _without_paths(output.text, folder)
    elif output.output_type == "error":
        output.traceback = [_without_paths(line, folder) for line in output.traceback]


def _without_paths(text: str, folder: Path) -> str:
    for place in (folder, sys.prefix, PACKAGE.parent, sys.base_prefix, Path.home()):
        text = text.replace(f"{place}{os.sep}", "")
    return text


def _explain(source: Path, cell: int, failure: str, failed: Path) -> RenderError:
    where = f"cell {cell} of {source.name}" if cell else source.name
    return RenderError(
        f"{where} failed: {failure}\nWhat ran is kept in {failed.name}; open it in JupyterLab, "
        "or repair the input the message names and run again."
    )
