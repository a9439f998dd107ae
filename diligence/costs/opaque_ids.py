"""Identifiers inside names that a machine made up: they carry no evidence of a purpose."""

from __future__ import annotations

import re

_POD = "[bcdf-hj-np-tv-xz24-9]"
OPAQUE_ID = (
    r"\b(?:"
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    rf"|{_POD}{{8,10}}-{_POD}{{5}}"
    r"|[0-9a-f]{8,}|[0-9A-F]{8,}"
    r")\b"
)
"""UUIDs, the two endings of a Kubernetes pod, hexadecimal and decimal numbers of eight digits."""
PLACEHOLDER = "0"
_PATTERN = re.compile(OPAQUE_ID, re.ASCII)


def without_ids(names: str) -> str:
    """Names with a zero in the place of each opaque identifier.

    A random id may spell a word of some rule; and lines that differ by their ids alone are
    classified once. Underscores become hyphens, which are the same to every rule.

    Examples
    --------
    >>> without_ids("i-0a1b2c3d4e5f6a7b8"), without_ids("llm_sft_2025")
    ('i-0', 'llm-sft-2025')
    >>> without_ids("chat-api-7d9f8b6c5d-x2x4q")
    'chat-api-0'
    """
    return _PATTERN.sub(PLACEHOLDER, names.replace("_", "-"))
