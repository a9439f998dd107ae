"""Moves prices and says what is left; and, in reverse, how far they may move."""

from diligence.stress.break_even import (
    BreakEven,
    Multiple,
    break_even_multiple,
    break_even_multiples,
    runway_multiple,
    sold_break_even_multiple,
)
from diligence.stress.break_points import BreakPoint
from diligence.stress.joint_shock import JointShock, joint_shock
from diligence.stress.loss_attribution import LossAttribution, attribute_loss
from diligence.stress.mitigation_map import MitigationMap, mitigation_map
from diligence.stress.model_break_even import model_multiple
from diligence.stress.price_reach import FirstMove, Reached
from diligence.stress.price_stress import (
    MULTIPLES,
    ScenarioResult,
    StressTest,
    margin_at_multiple,
    stress_test,
)
from diligence.stress.reverse_stress import ReverseStress, reverse_stress
from diligence.stress.sensitivity import Sensitivity, sensitivity, value_of_information
from diligence.stress.shock_sizes import ShockSizes, shock_sizes
from diligence.stress.supplier_loss import (
    SupplierLoss,
    SupplierLosses,
    loss_if_supplier_reprices,
    supplier_losses,
)

__all__ = [
    "MULTIPLES",
    "BreakEven",
    "BreakPoint",
    "FirstMove",
    "JointShock",
    "LossAttribution",
    "MitigationMap",
    "Multiple",
    "Reached",
    "ReverseStress",
    "ScenarioResult",
    "Sensitivity",
    "ShockSizes",
    "StressTest",
    "SupplierLoss",
    "SupplierLosses",
    "attribute_loss",
    "break_even_multiple",
    "break_even_multiples",
    "joint_shock",
    "loss_if_supplier_reprices",
    "margin_at_multiple",
    "mitigation_map",
    "model_multiple",
    "reverse_stress",
    "runway_multiple",
    "sensitivity",
    "shock_sizes",
    "sold_break_even_multiple",
    "stress_test",
    "supplier_losses",
    "value_of_information",
]
