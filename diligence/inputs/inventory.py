"""What lies in a deal folder: every file hashed, nothing followed, nothing executed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diligence.inputs.deal import SourceFile
from diligence.inputs.problems import ProblemLog
from diligence.inputs.usage_columns import USAGE_ENDINGS
from diligence.inputs.yaml_files import near_match

LEDGER_FILES = ("ledger.csv", "ledger.xlsx", "pnl.csv", "pnl.xlsx")
READ_FILES = (
    "deal.yaml",
    "mapping.yaml",
    *LEDGER_FILES,
    "revenue.csv",
    "facts.csv",
    "cash.csv",
    "training_runs.csv",
    "assumptions.yaml",
    "decisions.csv",
    "claims.yaml",
    "contracts.yaml",
    "drivers.csv",
    "red_lines.yaml",
    "scenarios.yaml",
    "commentary.md",
)
_TEXT_ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")
BILL_ENDINGS = (*_TEXT_ENDINGS, *(f"{ending}.gz" for ending in _TEXT_ENDINGS), ".parquet")
UNREAD_FILES = ("documents.csv", "kpis.csv", "data_requests.md")
BILLS_FOLDER, USAGE_FOLDER = "bills", "usage"
READ_FOLDERS = {BILLS_FOLDER: BILL_ENDINGS, USAGE_FOLDER: USAGE_ENDINGS}
NOTEBOOK = ".ipynb"
_SYSTEM_FILES = ("thumbs.db", "desktop.ini")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Inventory:
    """Files of a folder with their digests, and the names that were skipped."""

    folder: Path
    files: tuple[SourceFile, ...]
    skipped: tuple[str, ...]

    def path_of(self, name: str) -> Path | None:
        """Path of a file this version reads; None when the folder has no such file."""
        is_there = any(file.path == name and file.status == "read" for file in self.files)
        return self.folder / name if is_there else None

    def has(self, name: str) -> bool:
        """True when the folder holds the file, read or not."""
        return any(file.path == name for file in self.files)

    def paths_in(self, folder: str) -> dict[str, Path]:
        """Names and paths of the files this version reads below one folder, sorted by name."""
        return {
            file.path: self.folder / file.path
            for file in self.files
            if file.path.startswith(f"{folder}/") and file.status == "read"
        }

    @property
    def ledgers(self) -> tuple[str, ...]:
        """Names of the ledger or P&L files, of which there should be one."""
        return tuple(name for name in LEDGER_FILES if self.has(name))


def take_inventory(folder: Path, *, log: ProblemLog) -> Inventory:
    """Hash every file of a deal folder, recursively, sorted by its POSIX path.

    Hidden files and office lock files are skipped and listed. Symbolic links are not followed:
    each is a problem, as is a top-level file with an unknown name.
    """
    files: list[SourceFile] = []
    skipped: list[str] = []
    for path in _walk(folder, skipped):
        name = _shown_name(path.relative_to(folder).as_posix())
        try:
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                log.add(name, 0, "", "a symbolic link", "a real file; copy it into the folder")
            elif not stat.S_ISREG(mode):
                log.add(name, 0, "", "neither a file nor a folder", "a regular file")
            else:
                files.append(_hashed(path, name))
                _check_name(name, log)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            log.add(name, 0, "", f"a file that cannot be opened ({reason})", "a readable file")
    ordered = tuple(sorted(files, key=lambda file: file.path))
    return Inventory(folder, ordered, tuple(sorted(skipped)))


def _walk(folder: Path, skipped: list[str], *, top: Path | None = None) -> Iterator[Path]:
    top = top or folder
    for path in sorted(folder.iterdir()):
        if _is_hidden(path.name):
            skipped.append(_shown_name(path.relative_to(top).as_posix()))
        elif path.is_dir() and not path.is_symlink():
            yield from _walk(path, skipped, top=top)
        else:
            yield path


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in _SYSTEM_FILES


def _hashed(path: Path, name: str) -> SourceFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    if name in READ_FILES or _is_export(name):
        return SourceFile(name, digest.hexdigest(), size, "read")
    return SourceFile(name, digest.hexdigest(), size, "not read yet")


def _is_export(name: str) -> bool:
    """True for a bill or a usage export in a form that can be read."""
    top, _, rest = name.partition("/")
    return rest.lower().endswith(READ_FOLDERS.get(top, ()))


def _check_name(name: str, log: ProblemLog) -> None:
    if name.endswith(NOTEBOOK):
        return
    top, slash, _ = name.partition("/")
    if slash:
        misspelt = top not in READ_FOLDERS and _near_folder(top)
        if misspelt:
            log.add(
                name,
                0,
                "",
                f"the unknown folder {top!r}",
                f"a known folder; did you mean {misspelt}/?",
            )
    elif name not in READ_FILES + UNREAD_FILES:
        known = near_match(name, (*READ_FILES, *UNREAD_FILES))
        wanted = known if known.startswith("one of") else f"a known file; did you mean {known}?"
        log.add(name, 0, "", f"the unknown file {name!r}", wanted)


def _near_folder(name: str) -> str:
    near = near_match(name, READ_FOLDERS)
    return "" if near.startswith("one of") else near


def _shown_name(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
