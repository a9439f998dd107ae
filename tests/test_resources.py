from pathlib import Path

import pytest

from diligence import resources
from diligence.errors import DiligenceError
from diligence.resources import resource_path


def test_checkout_finds_its_top_level() -> None:
    template = resource_path("templates", "html", "index.html.j2")
    assert template == Path(__file__).parents[1] / "templates" / "html" / "index.html.j2"


def test_installed_copy_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "diligence"
    monkeypatch.setattr(resources, "PACKAGE", package)
    shared = package / "_share" / "templates"
    shared.mkdir(parents=True)
    (package.parent / "templates").mkdir()
    assert resource_path("templates") == shared


def test_missing_resource_is_named() -> None:
    with pytest.raises(DiligenceError, match=r"'templates/gone.css' is missing"):
        resource_path("templates", "gone.css")
