"""Read the lists of accelerators and of models that travel with the package."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Protocol, TypeVar

from diligence.errors import DiligenceError, InputError
from diligence.resources import resource_path


class _Named(Protocol):
    @property
    def name(self) -> str:
        """Name the list knows it by."""


N = TypeVar("N", bound=_Named)


def read_specifications(file_name: str, kind: type[N]) -> Mapping[str, N]:
    """Read a YAML list of `datasets` into frozen dataclasses, by name.

    Raises
    ------
    DiligenceError
        When an entry breaks its type or a name stands twice.
    """
    import yaml
    from pydantic import TypeAdapter, ValidationError

    text = resource_path("datasets", file_name).read_text(encoding="utf-8")
    # BaseLoader keeps every scalar as text, so that the type alone says how it is read
    rows = yaml.load(text, Loader=yaml.BaseLoader)
    try:
        one = TypeAdapter(kind)
        entries = [one.validate_python(row) for row in rows]
    except ValidationError as error:
        raise DiligenceError(f"{file_name} breaks its schema: {error}") from error
    by_name = {entry.name: entry for entry in entries}
    if len(by_name) < len(entries):
        raise DiligenceError(f"{file_name} names an entry twice; names: {sorted(by_name)}")
    return by_name


def find_specification(name: str, known: Mapping[str, N], *, what: str) -> N:
    """Return one entry, or say which names are near.

    Raises
    ------
    InputError
        When nothing has that name.
    """
    if name in known:
        return known[name]
    near = get_close_matches(name.lower(), known, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(known))}"
    raise InputError(f"no {what} is named {name!r}; {hint}")
