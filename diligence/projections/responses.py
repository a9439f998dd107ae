"""What a company does when a price moves: terms and choices, as data.

Every choice is off by default: a company that states none is stressed with its responses frozen.
"""

from __future__ import annotations

from dataclasses import dataclass

NEVER = 10_000
"""A month no projection reaches."""


@dataclass(frozen=True)
class SegmentResponse:
    """How a segment's customers meet a price that moves.

    They bear what the same use costs more, before the company's levers: what a lever saves stays
    with the company. Falls are passed on as rises are (cost plus, both ways), at the same pace.

    Parameters
    ----------
    notice_months
        Months from a change in cost until usage-priced revenue follows it.
    renewal_months
        Term of flat-rate contracts: one in so many renews each month, and bears the cost of the
        month it last renewed in. 0 reprices at once.
    flat_share
        Share of revenue on flat plans; they bear nothing of a rise before they next renew.
    fixed_share
        Share of revenue that can never be repriced.
    price_elasticity
        Elasticity of volume to the customers' price, 0 or more: 1.2 loses 11 % of volume when
        prices rise by 10 %.
    usage_priced_share
        Share of revenue that follows usage; the rest is paid by seat or by month.
    other_fixed_share
        Share of the other cost of revenue that stays when customers come or leave, by price or by
        a shock; it follows the growth of the base alone. The other cost of unpaid use follows
        volume with its customers.
    """

    notice_months: int = 0
    renewal_months: int = 0
    flat_share: float = 0.0
    fixed_share: float = 0.0
    price_elasticity: float = 0.0
    usage_priced_share: float = 0.0
    other_fixed_share: float = 1.0


@dataclass(frozen=True)
class Lever:
    """A mitigation: what it saves of inference cost, what it costs, when it starts and ramps.

    ``saving`` is the share of the inference cost that the lever reaches; ``reach`` the share of
    cost it reaches, less what the base has already. ``monthly_cost`` and ``one_off_cost`` are shown
    apart from inference cost. Customers' prices know nothing of it.
    """

    name: str
    saving: float
    reach: float = 1.0
    start_month: int = 1
    ramp_months: int = 1
    monthly_cost: float = 0.0
    one_off_cost: float = 0.0
    success_probability: float = 1.0


@dataclass(frozen=True)
class Rerouting:
    """Moving tokens to another supplier when one gets dear.

    ``price_ratio`` is the alternative's cost for the same work over today's price, with its extra
    tokens and tests. ``share`` is the most that can move, ``months`` how long that takes,
    ``trigger`` the multiple above which the company starts. ``alternative`` may reprice too.
    """

    input: str
    supplier: str
    price_ratio: float
    share: float
    months: int
    trigger: float
    one_off_cost: float = 0.0
    alternative: str = ""


@dataclass(frozen=True)
class SelfHostPlan:
    """Serving part of what is bought on rented GPUs of the company's own choice.

    ``gpus`` whole GPUs serve the run-rate volume of the share; more volume needs more, in whole
    GPUs, and a GPU bills when idle; with no work left ``fixed_per_month`` is still due. The plan
    is started when the bill it replaces costs more than ``hurdle`` times its own and serves
    ``lead_months`` later.
    """

    input: str
    supplier: str
    share: float
    gpus: float
    gpu_cost_per_month: float
    fixed_per_month: float = 0.0
    hurdle: float = 1.0
    lead_months: int = 3
    switching_cost: float = 0.0


@dataclass(frozen=True)
class CommitmentTerm:
    """A minimum a month to one supplier until ``last_month``; a shortfall is paid all the same."""

    supplier: str
    minimum_per_month: float
    last_month: int = NEVER


@dataclass(frozen=True)
class CreditTerm:
    """Credits that pay part of the bill: the cliff is the earlier of expiry and exhaustion."""

    balance: float
    monthly_use: float
    last_month: int = NEVER
