"""Writes a new deal folder: commented templates and the ranked data request list."""

from __future__ import annotations

from pathlib import Path

from diligence.errors import InputError
from diligence.inputs.inventory import BILLS_FOLDER
from diligence.resources import resource_path

EMPTY_FILES = ("commentary.md",)
EMPTY_FOLDERS = (BILLS_FOLDER,)


def scaffold_deal(folder: str | Path) -> tuple[Path, ...]:
    """Write templates of every file of a deal folder and the data request list.

    Parameters
    ----------
    folder
        A folder that does not exist yet or is empty.

    Returns
    -------
    tuple of Path
        The files and folders written, sorted by name.

    Raises
    ------
    InputError
        When something lies in the folder already; nothing is overwritten.
    """
    target = Path(folder)
    _require_empty(target)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, template in _templates().items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(template.read_bytes())
        for name in EMPTY_FILES:
            (target / name).touch()
        for name in EMPTY_FOLDERS:
            (target / name).mkdir()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(
            f"{str(folder)!r} cannot be written ({reason}); name a folder you may write to"
        ) from error
    return tuple(sorted(target.iterdir()))


def _templates() -> dict[str, Path]:
    folder = resource_path("templates", "deal_folder")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def _require_empty(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise InputError(f"{str(target)!r} is a file; name a folder that is new or empty")
    if target.is_dir() and any(target.iterdir()):
        first = min(path.name for path in target.iterdir())
        raise InputError(
            f"{str(target)!r} is not empty (it holds {first!r}); name a folder that is new or "
            "empty, nothing is overwritten"
        )
