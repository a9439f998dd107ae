"""The two calls a memo notebook makes beside showing sections."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from diligence.analysis import analyse
from diligence.inputs.load import load_deal
from diligence.reporting.blocks import Bullets
from diligence.reporting.memo import DealMemo, build_memo, write_memo


def open_memo(deal_folder: str, *, as_of: str = "", draft: bool = False) -> DealMemo:
    """Read and analyse a deal folder and build its memo.

    Parameters
    ----------
    deal_folder
        Path of the deal folder.
    as_of
        ISO date that overrides the one in deal.yaml; empty keeps it.
    draft
        Set unreadable rows aside instead of refusing the folder.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    day = date.fromisoformat(as_of) if as_of else None
    analysis = analyse(load_deal(Path(deal_folder), as_of=day, draft=draft))
    return build_memo(analysis, parameters={"as_of": as_of, "draft": draft})


def save_memo(memo: DealMemo, *, out: str) -> Bullets:
    """Write the memo's files and list them."""
    return Bullets(write_memo(memo, out=out))
