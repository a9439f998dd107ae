"""``diligence prices index``: what token prices did, for the market or a company's own tokens."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diligence.cli.options import AsJson, parse_day, print_json
from diligence.errors import InputError

if TYPE_CHECKING:
    from diligence.prices import PriceBook
    from diligence.prices.market_index import MarketIndex
    from diligence.prices.price_index import PriceIndex
    from diligence.prices.token_mix import CompanyPriceIndex

YEARS_BACK = 2

Method = Annotated[
    str,
    typer.Option(
        "--method",
        help="Market: jevons, dutot, carli, geks. With quantities: tornqvist, fisher, walsh, "
        "laspeyres, paasche. With --prices: also hedonic.",
    ),
]
Mix = Annotated[
    str,
    typer.Option(
        "--mix",
        metavar="MIX",
        help="Parts input:output[:cached], such as 3:1; or a CSV of the company's own tokens by "
        "month and model.",
    ),
]


def index(
    start: Annotated[
        str, typer.Option("--from", metavar="DATE", help="First day; two years back if not set.")
    ] = "",
    end: Annotated[
        str, typer.Option("--to", metavar="DATE", help="Last day; --as-of if not set.")
    ] = "",
    method: Method = "",
    mix: Mix = "3:1",
    prices: Annotated[
        Path | None,
        typer.Option(
            "--prices",
            metavar="FILE",
            help="Index a table of your own: period, item, price and, if there, quantity.",
        ),
    ] = None,
    quality: Annotated[
        list[str] | None,
        typer.Option("--quality", metavar="COLUMN", help="Quality for hedonic; repeatable."),
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Compare with the first month, not link by link.")
    ] = False,
    as_of: Annotated[
        str,
        typer.Option("--as-of", metavar="DATE", help="Day of the analysis; what is known if not."),
    ] = "",
    known_on: Annotated[
        str,
        typer.Option("--known-on", metavar="DATE", help="Use only what was known by this day."),
    ] = "",
    lists: Annotated[
        list[Path] | None,
        typer.Option("--list", metavar="FILE", help="Price list of your own; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Index token prices by month: at list, and effective."""
    from diligence.prices import PriceBook

    if prices is not None:
        from diligence.prices.price_index_choice import index_by_method
        from diligence.prices.price_observations_file import read_price_observations

        columns = quality or []
        table = read_price_observations(prices, quality=columns)
        _say(
            index_by_method(table, method=method or "jevons", chained=not direct, quality=columns),
            as_json,
        )
        return
    book = PriceBook.load(*(lists or ()))
    today = parse_day(as_of, "--as-of") or book.vintage_date
    known = parse_day(known_on, "--known-on") or today
    last = parse_day(end, "--to") or today
    first = parse_day(start, "--from")
    if Path(mix).suffix:
        found: Any = _company(
            book, Path(mix), method or "tornqvist", not direct, (first, last, known)
        )
    else:
        days = (first or date(last.year - YEARS_BACK, last.month, 1), last, known)
        found = _market(book, mix, method or "jevons", not direct, days)
    _say(found, as_json)


def _say(found: MarketIndex | CompanyPriceIndex | PriceIndex, as_json: bool) -> None:
    if as_json:
        print_json(found.to_json())
        return
    frame = found.to_frame().dropna(axis="columns", how="all")
    print(found.summary())
    print()
    print(frame.to_string(index=False, float_format=lambda number: f"{number:z.4f}"))
    for note in () if "Note:" in found.summary() else found.notes:
        print(f"Note: {note}")


def _market(
    book: PriceBook, mix: str, method: Any, chained: bool, days: tuple[date, date, date]
) -> MarketIndex:
    from diligence.prices.market_index import market_index
    from diligence.prices.successions import successions
    from diligence.prices.token_basket import parse_basket

    first, last, known = days
    prices = book.monthly(first, last, known_on=known)
    return market_index(
        prices,
        basket=parse_basket(mix),
        successions=successions(),
        method=method,
        chained=chained,
        known_on=known,
        vintage=book.vintage,
    )


def _company(
    book: PriceBook,
    path: Path,
    method: Any,
    chained: bool,
    days: tuple[date | None, date, date],
) -> CompanyPriceIndex:
    from diligence.prices.token_mix import company_price_index
    from diligence.prices.token_mix_file import list_rates, read_token_mix

    first, last, known = days
    rows = [
        mix
        for mix in read_token_mix(path)
        if (first is None or mix.period.start >= first) and mix.period.end <= last
    ]
    if not rows:
        raise InputError(
            f"{path.name} holds no month from {first} to {last}; widen --from and --to"
        )
    rates = list_rates(rows, book=book, known_on=known)
    return company_price_index(rows, rates=rates, method=method, chained=chained)
