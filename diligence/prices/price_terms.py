"""On what terms a buyer gets a model, and the work that stays the same while terms change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Literal, get_args

from diligence.errors import InputError
from diligence.prices.checked_numbers import not_negative, positive, share

ONE = Decimal(1)

Side = Literal["input", "output"]
SIDES: tuple[Side, ...] = get_args(Side)
Channel = Literal["list price", "tokenizer", "verbosity", "cache", "batch", "billing unit"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)


@dataclass(frozen=True)
class PriceTerms:
    """On what terms a buyer gets one model, one field for each way in which the price can move.

    Parameters
    ----------
    model
        Name shown to the reader.
    usd_per_mtok_input, usd_per_mtok_output
        List price, USD per million tokens.
    tokens_per_character
        Tokens the model's tokenizer makes of one character of the buyer's own text, such as 0.25.
    verbosity
        Characters the model writes for each character the work asks for; 1 is the yardstick.
    cache_share, cache_discount
        Share of input tokens read from the cache, and what is taken off their price: 0.9.
    cache_write_share, cache_write_premium
        Share of input tokens written to the cache, and what is put on their price: 0.25.
    batch_share, batch_discount
        Share of all tokens sent in batches, and what is taken off their price: 0.5.
    billing_multiple
        Dollars paid for a dollar of tokens: a reseller's margin, credits, a seat's allowance.

    Raises
    ------
    InputError
        If a price is not above 0 or a share does not lie between 0 and 1.
    """

    model: str
    usd_per_mtok_input: Decimal
    usd_per_mtok_output: Decimal
    tokens_per_character: Decimal
    verbosity: Decimal = ONE
    cache_share: Decimal = Decimal(0)
    cache_discount: Decimal = Decimal(0)
    cache_write_share: Decimal = Decimal(0)
    cache_write_premium: Decimal = Decimal(0)
    batch_share: Decimal = Decimal(0)
    batch_discount: Decimal = Decimal(0)
    billing_multiple: Decimal = ONE

    def __post_init__(self) -> None:
        for entry in fields(self)[1:]:
            check = share if entry.name.endswith(("share", "discount")) else positive
            check = not_negative if entry.name.endswith("premium") else check
            checked = check(f"{entry.name} of {self.model}", getattr(self, entry.name))
            object.__setattr__(self, entry.name, checked)
        if self.cache_share + self.cache_write_share > 1:
            raise InputError(
                f"cache_share {self.cache_share} and cache_write_share {self.cache_write_share} of "
                f"{self.model} add up to more than 1; both are shares of all input tokens"
            )

    def factors(self, side: Side) -> Mapping[Channel, Decimal]:
        """Factors of the price of a million characters of work; their product is the price."""
        is_input = side == "input"
        read = self.cache_share * self.cache_discount
        written = self.cache_write_share * self.cache_write_premium
        return {
            "list price": self.usd_per_mtok_input if is_input else self.usd_per_mtok_output,
            "tokenizer": self.tokens_per_character,
            "verbosity": ONE if is_input else self.verbosity,
            "cache": ONE - read + written if is_input else ONE,
            "batch": ONE - self.batch_share * self.batch_discount,
            "billing unit": self.billing_multiple,
        }


@dataclass(frozen=True)
class Work:
    """Work that stays the same while models and prices change, in characters of text.

    Parameters
    ----------
    input_characters, output_characters
        Text sent and text asked for, at least 0 and not both 0.
    """

    input_characters: Decimal
    output_characters: Decimal

    def __post_init__(self) -> None:
        for entry in fields(self):
            checked = not_negative(entry.name, getattr(self, entry.name))
            object.__setattr__(self, entry.name, checked)
        if not self.input_characters + self.output_characters:
            raise InputError("the work has 0 characters in and out; give at least one of them")

    def characters(self, side: Side) -> Decimal:
        """Characters of one side."""
        return self.input_characters if side == "input" else self.output_characters
