"""Amount cells of a file in its locale, with the unit of their last printed digit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from diligence.inputs.problems import ProblemLog
from diligence.units import AmountError, parse_amount
from diligence.units.money import Locale, detect_locale

_DIGIT_LIMIT = 40


@dataclass(frozen=True)
class PrintedAmount:
    """An exact amount and one unit of its last printed digit."""

    value: Decimal
    quantum: Decimal


def file_locale(
    texts: Iterable[str], *, name: str, log: ProblemLog, delimiter: str = ","
) -> Locale:
    """Decide once for a file how its amounts are written.

    A file whose amounts only look like ``1.234`` between semicolons does not tell; that is asked.
    """
    known = [text for text in texts if text]
    try:
        found = detect_locale(known)
    except AmountError as error:
        log.add(name, 0, "", str(error), "one way to write amounts; declare locale in mapping.yaml")
        return "en"
    if found is not None:
        return found
    grouped = [text for text in known if "." in text and "," not in text]
    if delimiter == ";" and grouped:
        expected = "a locale: state locale: en or eu for this file in mapping.yaml"
        log.add(name, 0, "", f"{grouped[0]!r}, which may be thousands or a fraction", expected)
    return "en"


def read_amount(text: str, *, locale: Locale) -> PrintedAmount | None:
    """Read an amount; None when the cell says that there is no figure.

    Raises
    ------
    AmountError
        When the text is no amount in this locale.
    """
    value = parse_amount(text, locale=locale)
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _DIGIT_LIMIT:
        raise AmountError(f"{text!r} is beyond any amount of money")
    return PrintedAmount(value, Decimal(1).scaleb(min(exponent, 0)))
