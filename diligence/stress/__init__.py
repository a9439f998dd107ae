"""Moves prices and says what is left; and, in reverse, how far they may move."""

from diligence.stress.break_even import (
    BreakEven,
    Multiple,
    break_even_multiple,
    break_even_multiples,
    runway_multiple,
    sold_break_even_multiple,
)
from diligence.stress.price_stress import (
    MULTIPLES,
    ScenarioResult,
    StressTest,
    margin_at_multiple,
    stress_test,
)

__all__ = [
    "MULTIPLES",
    "BreakEven",
    "Multiple",
    "ScenarioResult",
    "StressTest",
    "break_even_multiple",
    "break_even_multiples",
    "margin_at_multiple",
    "runway_multiple",
    "sold_break_even_multiple",
    "stress_test",
]
