"""Where notebooks, templates and datasets lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from diligence.errors import DiligenceError

PACKAGE = Path(__file__).resolve().parent


def resource_path(*parts: str) -> Path:
    """Find a file or folder that travels with the package.

    Parameters
    ----------
    parts
        Path below the top level, such as ``"notebooks", "deal_memo.ipynb"``.

    Raises
    ------
    DiligenceError
        If the installed package lacks it, which a reinstall repairs.

    Examples
    --------
    >>> resource_path("templates", "html").name
    'html'
    """
    candidates = [PACKAGE.joinpath("_share", *parts), PACKAGE.parent.joinpath(*parts)]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise DiligenceError(
        f"{'/'.join(parts)!r} is missing from the installed package; it should lie in its folder "
        "_share or beside the package in a checkout. Install diligence again."
    )
