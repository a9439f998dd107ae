"""What a run was made of: inputs, versions, parameters, assumptions. No clock, no machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from diligence.analysis import DealAnalysis
from diligence.assumptions import Assumption
from diligence.inputs.deal import SourceFile
from diligence.resources import PACKAGE, resource_path

RECORDED_PACKAGES = (
    "diligence",
    "altair",
    "genai-prices",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "statsmodels",
    "typst",
    "vl-convert-python",
)


_CODE_SUFFIXES = (".py", ".typ", ".j2", ".css", ".ipynb", ".yaml", ".csv", ".json")


@dataclass(frozen=True)
class RunRecord:
    """Everything that decides the bytes of a memo.

    ``run_id`` is the first twelve digits of the digest of all other fields, so the same inputs
    give the same id.
    """

    company: str
    as_of: str
    prices_known_on: str
    files: tuple[SourceFile, ...]
    versions: Mapping[str, str]
    parameters: Mapping[str, Any]
    assumptions: tuple[Assumption, ...]

    @property
    def run_id(self) -> str:
        """Short name of this run."""
        text = json.dumps(self._content(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """Content of run.json without outputs and timing."""
        return {"run_id": self.run_id, **self._content()}

    def _content(self) -> dict[str, Any]:
        return {
            "company": self.company,
            "as_of": self.as_of,
            "prices_known_on": self.prices_known_on,
            "inputs": [
                {
                    "path": file.path,
                    "sha256": file.sha256,
                    "size_bytes": file.size_bytes,
                    "status": file.status,
                }
                for file in self.files
            ],
            "versions": dict(self.versions),
            "parameters": dict(self.parameters),
            "assumptions": [
                {
                    "name": assumption.name,
                    "value": _text(assumption.value),
                    "low": _text(assumption.low),
                    "high": _text(assumption.high),
                    "unit": assumption.unit,
                    "source": assumption.source,
                    "effective_date": _text(assumption.effective_date),
                    "origin": assumption.origin,
                }
                for assumption in self.assumptions
            ],
        }


def run_record(analysis: DealAnalysis, parameters: Mapping[str, Any]) -> RunRecord:
    """Record a run.

    Parameters
    ----------
    analysis
        What was computed.
    parameters
        Parameters of the notebook, without paths.
    """
    terms = analysis.deal.terms
    return RunRecord(
        company=analysis.company,
        as_of=terms.as_of.isoformat(),
        prices_known_on=(terms.prices_known_on or terms.as_of).isoformat(),
        files=analysis.deal.files,
        versions=package_versions(),
        parameters=parameters,
        assumptions=analysis.assumptions,
    )


@cache
def package_versions() -> dict[str, str]:
    """Versions of the packages that decide a memo's bytes, and a digest of our own files."""
    return {name: _version(name) for name in RECORDED_PACKAGES} | {"code": _code_digest()}


def _code_digest() -> str:
    """Digest of the code, templates, notebooks and datasets: an edit gives another run id."""
    digest = hashlib.sha256()
    roots = [PACKAGE, *(resource_path(name) for name in ("templates", "notebooks", "datasets"))]
    for root in roots:
        for path in sorted(root.rglob("*")):
            shown = path.relative_to(root).as_posix()
            if path.is_file() and path.suffix in _CODE_SUFFIXES and "_share/" not in shown:
                digest.update(f"{root.name}/{shown}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _text(value: object) -> str | None:
    return None if value is None else str(value)
