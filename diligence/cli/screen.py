"""Day one: six numbers to a one-page card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diligence.cli.options import AsJson, AsOf, Out, parse_as_of, print_json


def screen(
    arr: Annotated[str, typer.Option("--arr", help="Annual recurring revenue: 12m.")],
    growth: Annotated[str, typer.Option("--growth", help="ARR growth over a year: 1.5 or 150%.")],
    gross_margin: Annotated[str, typer.Option("--gross-margin", help="As stated: 0.6 or 60%.")],
    ai_spend: Annotated[str, typer.Option("--ai-spend", help="Model APIs and GPUs, a year: 3m.")],
    cash: Annotated[str, typer.Option("--cash", help="Unrestricted cash: 20m.")],
    burn: Annotated[str, typer.Option("--burn", help="Net cash burn a month: 800k.")],
    archetype: Annotated[str, typer.Option("--archetype", help="Kind of company.")] = "application",
    company: Annotated[str, typer.Option("--company", help="Name on the card.")] = "Company",
    currency: Annotated[str, typer.Option("--currency", help="Currency of the amounts.")] = "USD",
    as_of: AsOf = "",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Turn six numbers of a deck into margins, break-even multiples and questions."""
    from datetime import date

    from diligence.analysis.screen import read_screen_inputs, screen_company

    inputs = read_screen_inputs(
        {
            "--arr": arr,
            "--growth": growth,
            "--gross-margin": gross_margin,
            "--ai-spend": ai_spend,
            "--cash": cash,
            "--burn": burn,
            "--archetype": archetype,
        },
        company=company,
        currency=currency,
    )
    result = screen_company(inputs, as_of=parse_as_of(as_of) or date.today())
    if as_json:
        print_json(result.to_json())
        return
    from diligence.reporting.screen_card import write_screen_card

    print(result.summary())
    print(write_screen_card(result, out=out or Path("out") / "screen"))
