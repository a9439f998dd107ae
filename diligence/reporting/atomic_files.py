"""Writing a file so that a reader sees the old one or the new one, never half of it."""

from __future__ import annotations

import secrets
from pathlib import Path

from diligence.errors import RenderError


def write_atomically(path: Path, content: str | bytes) -> Path:
    """Replace a file in one step; line ends as given, folders made when missing.

    Parameters
    ----------
    path
        File to write.
    content
        Its whole content; text is written as UTF-8.

    Raises
    ------
    RenderError
        If another program holds the file open (Windows) or the folder is read-only.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder, "out", "memo.html"), "<p>done</p>").read_text()
    '<p>done</p>'
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        draft.replace(path)
    except PermissionError as refusal:
        raise _cannot_write(path) from refusal
    finally:
        if draft.exists():
            draft.unlink()
    return path


def _cannot_write(path: Path) -> RenderError:
    return RenderError(
        f"Cannot write {path.name!r} in {path.parent.name!r}: access is denied. Close the file in "
        "other programs, or name a folder you may write to with --out."
    )
