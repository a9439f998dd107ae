"""Imports that cost a second for something this package never uses."""

from __future__ import annotations

import importlib
import sys


def import_jsonschema_without_iri_grammar() -> None:
    """Import jsonschema without the grammar of international web addresses (IRI).

    Altair and nbformat import jsonschema, which compiles that grammar each time it is imported,
    for a check of addresses that neither asks for. With the grammar's package out of sight,
    jsonschema does as it does where the package is not installed. Nothing happens when
    jsonschema was imported before.

    Examples
    --------
    >>> import_jsonschema_without_iri_grammar()
    >>> "jsonschema" in sys.modules
    True
    """
    if "jsonschema" in sys.modules or "rfc3987_syntax" in sys.modules:
        return
    # None makes an import raise ImportError, which jsonschema expects of optional packages.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("jsonschema")
    finally:
        del sys.modules["rfc3987_syntax"]
