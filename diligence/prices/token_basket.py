"""Parts of input, output and cached tokens at which a model's prices become one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from diligence.errors import InputError
from diligence.prices.checked_numbers import not_negative


@dataclass(frozen=True)
class TokenBasket:
    """Parts of a token mix at which a model's prices become one.

    Parameters
    ----------
    input, output, cached_input
        Parts of all tokens, at least 0 and not all 0; cached tokens are not part of `input`.

    Raises
    ------
    InputError
        A part is negative, or all are 0.

    Examples
    --------
    >>> print(TokenBasket(Decimal(3), Decimal(1)))
    3 input : 1 output
    """

    input: Decimal
    output: Decimal
    cached_input: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        for name in ("input", "output", "cached_input"):
            object.__setattr__(self, name, not_negative(f"{name} parts", getattr(self, name)))
        if not self.input + self.output + self.cached_input:
            raise InputError("the token mix has 0 parts; give input or output above 0, such as 3:1")

    def __str__(self) -> str:
        parts = [f"{self.input.normalize():f} input", f"{self.output.normalize():f} output"]
        if self.cached_input:
            parts.append(f"{self.cached_input.normalize():f} cached input")
        return " : ".join(parts)


# Three parts input to one part output, the mix most price comparisons use.
THREE_TO_ONE = TokenBasket(Decimal(3), Decimal(1))


def parse_basket(text: str) -> TokenBasket:
    """Read a token mix written as parts of input, output and, if any, cached input.

    Raises
    ------
    InputError
        The text is not two or three numbers.

    Examples
    --------
    >>> print(parse_basket("3:1"), parse_basket("1:1:8"), sep=", ")
    3 input : 1 output, 1 input : 1 output : 8 cached input
    """
    try:
        parts = [Decimal(part.strip()) for part in text.split(":")]
    except InvalidOperation:
        parts = []
    if len(parts) not in (2, 3):
        raise InputError(
            f"the mix is {text!r}; write parts of input to output such as 3:1, or of input, output "
            "and cached input such as 1:1:8"
        )
    return TokenBasket(*parts)
