"""Dated token prices: what is listed, what a model cost, what moved."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diligence.cli.options import AsJson, parse_as_of, parse_day, print_json
from diligence.cli.price_index import index

if TYPE_CHECKING:
    from diligence.prices import DatedPrices, PriceBook

FIRST_DAY = date(2020, 1, 1)

prices_app = typer.Typer(
    help="Dated token prices, offline.", no_args_is_help=True, rich_markup_mode=None
)

PricesAsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Day the prices apply to; today if not set.")
]
KnownOn = Annotated[
    str, typer.Option("--known-on", metavar="DATE", help="Use only what was known by this day.")
]
Provider = Annotated[
    str, typer.Option("--provider", help="Provider; the model's own maker if not set.")
]
Lists = Annotated[
    list[Path] | None,
    typer.Option("--list", metavar="FILE", help="Price list of your own that rules; repeatable."),
]


@prices_app.callback()
def prices() -> None:
    """Dated token prices, offline."""


prices_app.command("index")(index)


@prices_app.command("list")
def list_prices(
    provider: Provider = "",
    everyone: Annotated[
        bool, typer.Option("--resellers", help="Prices at resellers and clouds too.")
    ] = False,
    as_of: PricesAsOf = "",
    known_on: KnownOn = "",
    lists: Lists = None,
    as_json: AsJson = False,
) -> None:
    """List every model with its price on a day; an unknown price stays empty."""
    dated = _dated(as_of, known_on, lists)
    listings = dated.listings(provider=provider or None, first_party=not everyone)
    found = [dated.price(listing) for listing in listings]
    if as_json:
        print_json([price.to_json() for price in found])
        return
    print(dated.summary())
    for price in found:
        print(price.line())


@prices_app.command("show")
def show(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Identifier or alias.")],
    provider: Provider = "",
    context_tokens: Annotated[
        int, typer.Option("--context", min=0, help="Input tokens of one request.")
    ] = 0,
    as_of: PricesAsOf = "",
    known_on: KnownOn = "",
    lists: Lists = None,
    as_json: AsJson = False,
) -> None:
    """Show what one model costs on a day, as known on a day; exit 2 if it is unknown."""
    price = _dated(as_of, known_on, lists).show(
        model, provider=provider or None, context_tokens=context_tokens
    )
    if as_json:
        print_json(price.to_json())
    else:
        print(price.summary())


@prices_app.command("events")
def events(
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="First day of effect.")] = "",
    as_of: PricesAsOf = "",
    known_on: KnownOn = "",
    provider: Annotated[str, typer.Option("--provider", help="Only this provider.")] = "",
    lists: Lists = None,
    as_json: AsJson = False,
) -> None:
    """Show what moved bills, and every list price that changed at an unchanged name."""
    book = _book(lists)
    first = parse_day(start, "--from") or FIRST_DAY
    last = parse_as_of(as_of) or date.max
    known = parse_day(known_on, "--known-on")
    moved = [e for e in book.events(first, last, known_on=known) if provider in ("", e.provider)]
    changes = [
        c for c in book.repricings(first, last, known_on=known) if provider in ("", c.provider)
    ]
    if as_json:
        print_json(
            {
                "vintage": book.vintage,
                "events": [event.to_json() for event in moved],
                "list_price_changes": [change.to_json() for change in changes],
            }
        )
        return
    print(book.vintage)
    for title, lines in (("Events", moved), ("Changes of list price", changes)):
        print(f"\n{title}")
        for line in lines:
            print(line.summary())


@prices_app.command("append")
def append(
    new: Annotated[Path, typer.Argument(metavar="NEW.csv", help="Rows to append.")],
    to: Annotated[Path, typer.Option("--to", metavar="LIST.csv", help="The list that grows.")],
) -> None:
    """Append rows to a price list of your own; nothing that stands there is overwritten."""
    from diligence.prices.list_append import append_prices

    count = append_prices(new, to=to)
    print(f"appended to {to}: {count} row{'s' if count > 1 else ''}")


def _book(lists: list[Path] | None) -> PriceBook:
    from diligence.prices import PriceBook

    return PriceBook.load(*(lists or ()))


def _dated(as_of: str, known_on: str, lists: list[Path] | None) -> DatedPrices:
    day = parse_as_of(as_of) or date.today()
    return _book(lists).as_of(day, known_on=parse_day(known_on, "--known-on"))
