"""What the market's tokens cost over time: at list, and for a buyer who follows new versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any, Literal, get_args

from diligence.errors import InputError
from diligence.prices.price_index import IndexPoint, PriceIndex, price_index
from diligence.prices.price_index_geks import geks_index
from diligence.prices.price_index_table import period_label
from diligence.prices.successions import Succession
from diligence.prices.token_basket import THREE_TO_ONE, TokenBasket

if TYPE_CHECKING:
    import pandas as pd

MarketMethod = Literal["jevons", "dutot", "carli", "geks"]
MARKET_METHODS: tuple[str, ...] = get_args(MarketMethod)
# A year and a month, so that a window's ends are the same season.
GEKS_WINDOW = 13

COLUMNS = (
    "provider",
    "model",
    "month",
    "usd_per_mtok_input",
    "usd_per_mtok_output",
    "usd_per_mtok_cached_input",
)

LIST_NOTE = (
    "list price at an unchanged model name: a provider who asks more for the next version does "
    "not move it."
)
LINE_NOTE = (
    "each provider's line followed to its newest version, with the tokens it makes of "
    "the same text where somebody measured them; better answers are not taken off."
)
NO_LINE_NOTE = "no successions given: models are followed by name, as in the list index."


@dataclass(frozen=True)
class MarketIndex:
    """Price of the market's tokens by month, first month 1.

    Parameters
    ----------
    list_index
        Models matched by name, at list price; cached tokens at the full input price.
    effective_index
        Lines of models followed to their newest version, cached tokens at the cached price.
    basket
        Token mix of both.
    vintage
        Price lists behind it and the last day they know.
    """

    list_index: PriceIndex
    effective_index: PriceIndex
    basket: TokenBasket
    vintage: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of both indices; what only one of them says names it."""
        both = self.list_index.notes, self.effective_index.notes
        shared = tuple(note for note in both[0] if note in both[1])
        own = (
            f"{name}: {note}"
            for name, notes in zip(("List index", "Effective index"), both, strict=True)
            for note in notes
            if note not in shared
        )
        return (*own, *shared)

    def to_frame(self) -> pd.DataFrame:
        """One row a month: both indices, their chain drift, and what is matched."""
        import pandas as pd

        paid = {point.period: point for point in self.effective_index.points}
        rows = [
            {
                "month": listed.period,
                "list_index": listed.index,
                "effective_index": paid[listed.period].index if listed.period in paid else None,
                "list_drift": _drift(listed),
                "effective_drift": _drift(paid.get(listed.period)),
                "n_models": listed.n_matched,
                "n_lines": paid[listed.period].n_matched if listed.period in paid else 0,
            }
            for listed in self.list_index.points
        ]
        numbers = ("list_index", "effective_index", "list_drift", "effective_drift")
        return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))

    def to_json(self) -> dict[str, Any]:
        """Shape that ``diligence prices index --json`` prints."""
        return {
            "basket": str(self.basket),
            "vintage": self.vintage,
            "list": self.list_index.to_json(),
            "effective": self.effective_index.to_json(),
        }

    def summary(self) -> str:
        """Both indices in one line each, the mix and the vintage."""
        return "\n".join(
            [
                f"Token prices, {self.basket}",
                f"List:      {self.list_index.change:+z.1%}, {_matched(self.list_index, 'models')}",
                f"Effective: {self.effective_index.change:+z.1%}, "
                f"{_matched(self.effective_index, 'lines')}",
                *([f"Prices: {self.vintage}"] if self.vintage else []),
            ]
        )

    def _repr_html_(self) -> str:
        text = escape(self.summary()).replace("\n", "<br>")
        return f"<p>{text}</p>{self.to_frame().to_html(index=False)}"


def market_index(
    prices: pd.DataFrame,
    *,
    basket: TokenBasket = THREE_TO_ONE,
    successions: Sequence[Succession] = (),
    method: MarketMethod = "jevons",
    chained: bool = True,
    known_on: date | None = None,
    vintage: str = "",
) -> MarketIndex:
    """Index of a table of month-end list prices, every model counting alike.

    Parameters
    ----------
    prices
        As `PriceBook.monthly` gives them: ``provider, model, month, usd_per_mtok_input,
        usd_per_mtok_output, usd_per_mtok_cached_input``. A model without a price that the mix
        needs is left out; a cached price that is not listed is the input price.
    basket
        Token mix.
    successions
        Lines that the effective index follows, such as `successions()`. From its first listed
        month on, the successor's price times its token multiple stands for the line; models of
        no line are left out. Without successions the models themselves are followed.
    method, chained
        As in `price_index`, methods without quantities only; or ``geks``, in which every month
        is compared with every other of a rolling window of 13.
    known_on
        Use only token multiples measured by this day; all when left out.
    vintage
        Words naming the price lists, for a memo to print.

    Raises
    ------
    InputError
        The method needs quantities, or columns are missing.
    EstimationError
        Months cannot be compared.

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import date
    >>> months = pd.PeriodIndex(["2026-03", "2026-04", "2026-04"], freq="M")
    >>> prices = pd.DataFrame({
    ...     "provider": "openai", "model": ["gpt-5.4", "gpt-5.4", "gpt-5.5"], "month": months,
    ...     "usd_per_mtok_input": [2.5, 2.5, 5.0], "usd_per_mtok_output": [15.0, 15.0, 30.0],
    ...     "usd_per_mtok_cached_input": [0.25, 0.25, 0.5]})
    >>> line = Succession("openai", "gpt-5.4", "gpt-5.5", date(2026, 4, 24))
    >>> index = market_index(prices, successions=[line])
    >>> round(index.list_index.change, 2), round(index.effective_index.change, 2)
    (0.0, 1.0)

    No list price moved, and whoever follows the line pays double. A company's unit cost belongs
    beside the second number if it moves with the versions, beside the first if it stays.
    """
    if method not in MARKET_METHODS:
        raise InputError(
            f"the market index knows no quantities, so method {method!r} cannot be used; use "
            f"{', '.join(MARKET_METHODS)}, or give the company's own tokens"
        )
    usable = _usable(prices, basket)
    listed = _blend(usable, basket, cached="usd_per_mtok_input")
    paid = _blend(usable, basket, cached="usd_per_mtok_cached_input")
    followed = _follow(paid, successions, known_on) if successions else paid
    note = LINE_NOTE if successions else NO_LINE_NOTE
    return MarketIndex(
        _noted(_index(listed, method, chained), LIST_NOTE),
        _noted(_index(followed, method, chained), note),
        basket,
        vintage,
    )


def _index(observations: pd.DataFrame, method: MarketMethod, chained: bool) -> PriceIndex:
    if method != "geks":
        return price_index(observations, method=method, chained=chained)
    months = observations["period"].nunique()
    return geks_index(observations, window=GEKS_WINDOW if months > GEKS_WINDOW else None)


def _usable(prices: pd.DataFrame, basket: TokenBasket) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in prices.columns]
    if missing:
        raise InputError(
            f"the table of prices lacks {', '.join(missing)}; give what PriceBook.monthly() returns"
        )
    if prices.empty:
        raise InputError(
            "no price is known for any month end of these dates; choose later ones, or a later day "
            "of knowledge"
        )
    needed = {
        "usd_per_mtok_input": basket.input + basket.cached_input,
        "usd_per_mtok_output": basket.output,
    }
    listed = prices.dropna(subset=[name for name, parts in needed.items() if parts])
    if listed.empty:
        raise InputError(
            f"none of the {len(prices)} rows lists the prices that the mix {basket} needs; widen "
            "the dates or change the mix"
        )
    cached = listed["usd_per_mtok_cached_input"].fillna(listed["usd_per_mtok_input"])
    return listed.assign(usd_per_mtok_cached_input=cached)


def _blend(prices: pd.DataFrame, basket: TokenBasket, *, cached: str) -> pd.DataFrame:
    """Observations of an index: the price of each model at the mix."""
    parts = (
        ("usd_per_mtok_input", basket.input),
        ("usd_per_mtok_output", basket.output),
        (cached, basket.cached_input),
    )
    used = [(prices[name].astype(float), float(share)) for name, share in parts if share]
    total = sum(share for _, share in used)
    return prices[["provider", "model"]].assign(
        period=prices["month"],
        item=prices["provider"] + "/" + prices["model"],
        price=sum(price * share / total for price, share in used),
    )


def _follow(
    blended: pd.DataFrame, successions: Sequence[Succession], known_on: date | None
) -> pd.DataFrame:
    """Observations with one item a line: in each month the newest version that is priced."""
    import pandas as pd

    keys = zip(blended["period"], blended["provider"], blended["model"], strict=True)
    priced = dict(zip(keys, blended["price"], strict=True))
    months = sorted(blended["period"].unique())
    rows = [
        (month, f"{line[0].provider}/{line[0].predecessor} line", price)
        for line in _lines(successions)
        for month in months
        if (price := _line_price(line, month, priced, known_on)) is not None
    ]
    if not rows:
        raise InputError(
            "none of the models of the successions is priced in these months; widen the dates, or "
            "leave the successions out"
        )
    return pd.DataFrame(rows, columns=["period", "item", "price"])


def _line_price(
    line: Sequence[Succession],
    month: Any,
    priced: Mapping[tuple[Any, str, str], float],
    known_on: date | None,
) -> float | None:
    first = line[0]
    newest = priced.get((month, first.provider, first.predecessor))
    tokens = 1.0
    for step in line:
        tokens *= float(step.tokens(known_on))
        price = priced.get((month, step.provider, step.successor))
        if price is not None and step.effective_date <= _last_day(month):
            newest = price * tokens
    return newest


def _last_day(month: Any) -> Any:
    return month.end_time.date()


def _lines(successions: Sequence[Succession]) -> Iterator[tuple[Succession, ...]]:
    """Chains of successions, from the oldest predecessor on."""
    following = {(s.provider, s.predecessor): s for s in successions}
    successors = {(s.provider, s.successor) for s in successions}
    for key, step in following.items():
        if key in successors:
            continue
        line = [step]
        while (step.provider, step.successor) in following:
            step = following[step.provider, step.successor]
            line.append(step)
        yield tuple(line)


def _noted(index: PriceIndex, note: str) -> PriceIndex:
    return replace(index, notes=(note, *index.notes))


def _matched(index: PriceIndex, noun: str) -> str:
    span = f"{period_label(index.points[0].period)} to {period_label(index.last.period)}"
    counts = [point.n_matched for point in index.points]
    drift = "" if index.drift is None else f", drift against direct {index.drift:+z.1%}"
    return f"{span}, {index.method}, {min(counts)} to {max(counts)} {noun} matched{drift}"


def _drift(point: IndexPoint | None) -> float | None:
    if point is None or point.direct is None:
        return None
    return point.index / point.direct - 1
