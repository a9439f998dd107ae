"""How heavily one token of each model and kind weighs when a serving bill is spread over usage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Literal

from diligence.errors import InputError
from diligence.prices import DatedPrices, TokenPrice

if TYPE_CHECKING:
    import pandas as pd

ONE = Decimal(1)
_CLOUD_PREFIX = re.compile(r"^([a-z]{2,6}\.)?(anthropic|meta|mistral|amazon|deepseek)\.")
_CLOUD_VERSION = re.compile(r"-v\d+:\d+$")
DEFAULT_RATIOS = {
    "cached_input": Decimal("0.1"),
    "cache_write": Decimal("1.25"),
    "output": Decimal(4),
}
"""Price over the price of an input token where no list price is known (house rule, grade E).

Output and cached input are the medians of 177 and 107 models of six makers in genai-prices 0.2.3
on 2026-06-30 (middle halves 3 to 5 and 0.1 to 0.25); a cache write is the mark-up Anthropic lists
for five minutes.
"""


@dataclass(frozen=True)
class ModelWeights:
    """Weight of one token of a model by kind; only ratios to other weights matter.

    At list price they are USD per million tokens. ``output`` holds for reasoning tokens too.
    ``assumed`` names the kinds that stand at a default ratio.
    """

    provider: str
    model: str
    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    output: Decimal
    basis: Literal["list price", "default ratio"]
    source: str
    assumed: tuple[str, ...] = ()

    @property
    def by_kind(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Weights in the order of ``usage_rows.TOKEN_KINDS``."""
        return self.input, self.cached_input, self.cache_write, self.output


@dataclass(frozen=True)
class TokenWeights:
    """Weights of every model of a usage, and of one nobody lists.

    Examples
    --------
    >>> weights = TokenWeights.default()
    >>> [str(weight) for weight in weights.of("", "in-house model").by_kind]
    ['1', '0.1', '1.25', '4']

    One output token takes as much of the bill as four input tokens or forty cached ones.
    """

    models: tuple[ModelWeights, ...]
    unlisted: ModelWeights
    notes: tuple[str, ...] = ()

    @classmethod
    def default(cls) -> TokenWeights:
        """Weigh the tokens of every model alike, at the default ratios."""
        return cls((), _at_default_ratios("", "", ONE))

    def of(self, provider: str, model: str) -> ModelWeights:
        """Weights of one model; those of an unlisted one when it is not known, never 0."""
        return self._by_name.get((provider, model), self.unlisted)

    def to_frame(self) -> pd.DataFrame:
        """One row a model, the unlisted one last."""
        import pandas as pd

        columns = ["provider", "model", *DEFAULT_RATIOS, "basis", "source", "assumed"]
        columns.insert(2, "input")
        rows = [[getattr(item, c) for c in columns] for item in (*self.models, self.unlisted)]
        frame = pd.DataFrame(rows, columns=columns, dtype=object)
        return frame.assign(assumed=frame["assumed"].map(", ".join))

    def summary(self) -> str:
        """How many models weigh by list price, and which do not."""
        listed = sum(item.basis == "list price" for item in self.models)
        head = f"{listed} of {len(self.models)} models weigh by list price"
        return "\n".join([head, *self.notes])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], ModelWeights]:
        return {(item.provider, item.model): item for item in self.models}


def token_weights(usage: pd.DataFrame, prices: DatedPrices) -> TokenWeights:
    """Weigh the token kinds of every model in a usage by its list prices of one day.

    Parameters
    ----------
    usage
        Usage with the columns ``model`` and, where known, ``provider``.
    prices
        The price book on the day that stands for the period.

    Returns
    -------
    TokenWeights
        A model without a price weighs its input at the median of the known models and its other
        kinds at ``DEFAULT_RATIOS``; the notes name it.

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import date
    >>> from diligence.prices import PriceBook
    >>> usage = pd.DataFrame({"provider": ["openai", ""], "model": ["gpt-4.1", "our-7b"]})
    >>> weights = token_weights(usage, PriceBook.load().as_of(date(2026, 6, 30)))
    >>> [str(weight) for weight in weights.of("openai", "gpt-4.1").by_kind]
    ['2', '0.5', '2.50', '8']
    >>> print(weights.notes[0])
    no list price for our-7b on 2026-06-30: weighed as a model whose input costs 2 USD per Mtok, \
cached input x 0.1, cache write x 1.25, output x 4
    """
    names = _models_of(usage)
    listed = {name: _listed(*name, prices) for name in names}
    levels = [item.input for item in listed.values() if item is not None]
    level = median(levels) if levels else ONE
    models = tuple(found or _at_default_ratios(*name, level) for name, found in listed.items())
    unlisted = _at_default_ratios("", "", level)
    return TokenWeights(models, unlisted, tuple(_notes(models, level, prices)))


def _models_of(usage: pd.DataFrame) -> list[tuple[str, str]]:
    columns = [name for name in ("provider", "model") if name in usage]
    pairs = usage[columns].drop_duplicates().astype(object)
    pairs = pairs.where(pairs.notna(), "").reindex(columns=["provider", "model"], fill_value="")
    return sorted((str(provider), str(model)) for provider, model in pairs.to_numpy())


def _listed(provider: str, model: str, prices: DatedPrices) -> ModelWeights | None:
    price = _price(provider, model, prices)
    if price is None or not price.usd_per_mtok_input:
        return None
    level = price.usd_per_mtok_input
    stated = {
        "cached_input": price.usd_per_mtok_cached_input,
        "cache_write": None,
        "output": price.usd_per_mtok_output,
    }
    kinds = {kind: rate or level * DEFAULT_RATIOS[kind] for kind, rate in stated.items()}
    assumed = tuple(kind for kind, rate in stated.items() if not rate)
    return ModelWeights(
        provider, model, level, **kinds, basis="list price", source=price.source, assumed=assumed
    )


def _price(provider: str, model: str, prices: DatedPrices) -> TokenPrice | None:
    """Price at the seller as named, else at the model's maker."""
    for name in model_spellings(model):
        for seller in dict.fromkeys((provider.strip().lower() or None, None)):
            try:
                found = prices.show(name, provider=seller)
            except InputError:
                continue
            if found.is_known:
                return found
    return None


def model_spellings(model: str) -> Iterator[str]:
    """The name as written, then without a router's path or a cloud's prefix and version."""
    if model:
        yield model
        plain = _CLOUD_VERSION.sub("", _CLOUD_PREFIX.sub("", model.rpartition("/")[2]))
        if plain not in ("", model):
            yield plain


def _at_default_ratios(provider: str, model: str, level: Decimal) -> ModelWeights:
    kinds = {kind: level * ratio for kind, ratio in DEFAULT_RATIOS.items()}
    return ModelWeights(
        provider,
        model,
        level,
        **kinds,
        basis="default ratio",
        source="House rule (grade E)",
        assumed=("input", *DEFAULT_RATIOS),
    )


def _notes(models: Iterable[ModelWeights], level: Decimal, prices: DatedPrices) -> Iterable[str]:
    unlisted = [item for item in models if item.basis == "default ratio"]
    if unlisted:
        names = ", ".join(dict.fromkeys(item.model or "(model not stated)" for item in unlisted))
        ratios = ", ".join(
            f"{kind.replace('_', ' ')} x {ratio}" for kind, ratio in DEFAULT_RATIOS.items()
        )
        yield (
            f"no list price for {names} on {prices.day}: weighed as a model whose input costs "
            f"{level:f} USD per Mtok, {ratios}"
        )
    no_cache = [
        item.model
        for item in models
        if item.basis == "list price" and "cached_input" in item.assumed
    ]
    if no_cache:
        names = ", ".join(dict.fromkeys(no_cache))
        yield f"no cached price for {names}: x {DEFAULT_RATIOS['cached_input']} of input"
    if any(item.basis == "list price" for item in models):
        yield (
            f"tokens weighed at list prices of {prices.day}, known on {prices.known_on}; "
            f"{prices.book.vintage}"
        )
