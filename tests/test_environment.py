"""environment.yml, the lock and pyproject.toml name the same packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def required() -> dict[str, str]:
    """Lower bound by package, extras left out."""
    entries = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    return dict(_name_and_bound(entry) for entry in entries)


def _name_and_bound(entry: str) -> tuple[str, str]:
    name, bound = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?(.*)", entry.strip()).groups()
    return name, bound


def test_conda_environment_is_in_step():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    named = [entry for entry in entries if isinstance(entry, str)]
    found = dict(_name_and_bound(entry) for entry in [*named, *pip] if not entry.startswith("-"))
    assert found.pop("python") == PROJECT["requires-python"]
    assert {"pip", "tinycss2"} <= found.keys()
    del found["pip"], found["tinycss2"]
    assert found == required()


def test_the_packages_the_project_is_named_for_are_there():
    wanted = {
        "jupyterlab",
        "pandas",
        "numpy",
        "statsmodels",
        "altair",
        "papermill",
        "pytest",
        "nbval",
    }
    assert wanted <= required().keys()


def test_lock_holds_every_package_with_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {match.lower() for match in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, re.MULTILINE)}
    assert {name.lower() for name in required()} <= pinned
    assert "distributed" in pinned
    assert not re.search(r"https?://|index.url|find.links|@ file", lock)
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", lock.strip()))
