"""Entry point of the command line: ``diligence`` and ``py -m diligence``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    from diligence.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
