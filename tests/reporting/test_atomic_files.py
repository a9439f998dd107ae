import os
import sys
from pathlib import Path

import pytest

from diligence.errors import RenderError
from diligence.reporting.atomic_files import write_atomically


def test_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "new" / "memo.html"
    write_atomically(target, "old\n")
    write_atomically(target, "naïve – new\n")
    assert target.read_bytes() == "naïve – new\n".encode()
    assert list(target.parent.iterdir()) == [target]


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    target = write_atomically(tmp_path / "memo.html", "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(target, "half \ud800")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="the superuser may write anywhere"
)
def test_refused_write_says_what_to_do(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RenderError, match=r"'memo.html'.*Close the file in other programs"):
        write_atomically(tmp_path / "memo.html", "new")


def test_locked_file_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What Windows answers when a spreadsheet or browser holds the file open.
    def refuse(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(RenderError, match=r"'memo.html'.*Close the file in other programs"):
        write_atomically(tmp_path / "memo.html", "new")
    assert list(tmp_path.iterdir()) == []
