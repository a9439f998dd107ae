"""Opens JupyterLab on a private copy of the notebooks, with a deal preset."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from diligence.errors import InputError
from diligence.reporting.atomic_files import write_atomically
from diligence.resources import resource_path

LAB_FOLDER = Path("out") / "lab"


def open_lab(folder: Path | None) -> int:
    """Copy the notebooks to ``out/lab``, preset the deal, and start JupyterLab there.

    Returns
    -------
    int
        Exit code of JupyterLab.

    Raises
    ------
    InputError
        When the deal folder has no deal.yaml.
    """
    place = prepare_lab(folder, out=LAB_FOLDER)
    return subprocess.call([sys.executable, "-m", "jupyterlab", f"--notebook-dir={place}"])


def prepare_lab(folder: Path | None, *, out: Path) -> Path:
    """Copy the run notebooks and write the deal's path into their parameters cell."""
    if folder is not None and not (folder / "deal.yaml").exists():
        raise InputError(
            f"{str(folder)!r} has no deal.yaml; name a deal folder, or run 'diligence new' first."
        )
    out.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(resource_path("notebooks").glob("*.ipynb")):
        target = out / notebook.name
        if not target.exists():
            shutil.copyfile(notebook, target)
        if folder is not None:
            _preset(target, folder.resolve())
    return out


def _preset(notebook: Path, folder: Path) -> None:
    import nbformat

    node = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    for cell in node.cells:
        if "parameters" in cell.metadata.get("tags", []):
            lines = [_preset_line(line, folder) for line in cell.source.splitlines()]
            cell.source = "\n".join(lines)
    write_atomically(notebook, nbformat.writes(node) + "\n")  # type: ignore[no-untyped-call]


def _preset_line(line: str, folder: Path) -> str:
    if not line.startswith("deal_folder"):
        return line
    return f"deal_folder: str = {str(folder)!r}  # folder of the deal"
