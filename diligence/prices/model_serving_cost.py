"""What serving a model costs a million tokens, from the rent of the chips up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.prices.accelerators import Accelerator
from diligence.prices.checked_numbers import not_negative, positive, share, whole_positive
from diligence.prices.model_architectures import ModelArchitecture
from diligence.prices.roofline import (
    DecodeStep,
    decode_step,
    largest_batch,
    prefill_tokens_per_second,
)
from diligence.prices.scenario_range import ScenarioRange
from diligence.prices.serving_assumptions import ServingAssumptions
from diligence.prices.serving_cost import usd_per_mtok

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RequestShape:
    """Tokens of a typical request.

    Parameters
    ----------
    input_tokens, output_tokens
        Tokens of the prompt, cached part included, and of the answer.
    cached_share
        Share of the prompt that is read back from a cache, 0 to 1.
    """

    input_tokens: float
    output_tokens: float
    cached_share: Decimal | float = 0

    @property
    def context_tokens(self) -> float:
        """Tokens in the cache on average while the answer is written."""
        return self.input_tokens + self.output_tokens / 2


@dataclass(frozen=True)
class ServingCost:
    """USD per million tokens of serving one model, low to high.

    The range is a scenario range: the low case takes the lowest rent with the best use of the
    chips, the high case the highest rent with the worst. Rent only: no staff, storage,
    network, free users, research or training. `base_tokens_per_second` counts tokens read and
    written in the request's mix, of all accelerators while they work.
    """

    model: str
    accelerator: str
    n_gpu: int
    batch: int
    request: RequestShape
    usd_per_mtok_input: ScenarioRange
    usd_per_mtok_cached_input: ScenarioRange
    usd_per_mtok_output: ScenarioRange
    usd_per_mtok_blended: ScenarioRange
    base_step: DecodeStep
    base_tokens_per_second: float
    assumptions: ServingAssumptions
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """One row a kind of token: token_kind, low, base, high (USD/Mtok), kind of range."""
        import pandas as pd

        rows = [
            (token_kind, *map(float, cost.cases), cost.kind)
            for token_kind, cost in self._costs().items()
        ]
        return pd.DataFrame(rows, columns=["token_kind", "low", "base", "high", "range_kind"])

    def summary(self) -> str:
        """Where it runs, what each kind of token costs, and what bounds it."""
        speed = self.base_step.tokens_per_second_per_request
        lines = [
            f"{self.model} on {self.n_gpu} x {self.accelerator}, {self.batch} requests at a time, "
            f"{speed:.0f} tokens a second each, bound by {self.base_step.bound_by}",
            *(f"{kind}: {cost:.3f} USD per Mtok" for kind, cost in self._costs().items()),
            f"ranges: {ScenarioRange.kind} of rent and use; rent only",
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="{:,.3f}".format))

    def _costs(self) -> dict[str, ScenarioRange]:
        return {
            "input": self.usd_per_mtok_input,
            "cached input": self.usd_per_mtok_cached_input,
            "output": self.usd_per_mtok_output,
            "blended": self.usd_per_mtok_blended,
        }


def estimate_serving_cost(
    model: ModelArchitecture,
    chip: Accelerator,
    *,
    assumptions: ServingAssumptions,
    request: RequestShape,
    n_gpu: int,
    batch: int | None = None,
) -> ServingCost:
    """USD per million input, cached and output tokens, with a scenario range.

    Prompts and answers are priced as if on chips of their own: input by the arithmetic of
    reading it, cached input by the time the host link needs to bring its cache back (loading
    overlaps with other work, which makes it cheaper; storing it is left out), output by the
    decoding step, whose weights include the input embedding (``decode_step`` says how much that
    overstates a small batch).

    Parameters
    ----------
    model, chip
        What is served, on what.
    assumptions
        Rent, utilisation and shares of arithmetic and bandwidth reached, each low to high.
    request
        Tokens of a typical request.
    n_gpu
        Accelerators the weights are split over.
    batch
        Requests decoded together; None takes the most that fit in memory.

    Raises
    ------
    InputError
        When the model does not fit or a number cannot be meant.

    Examples
    --------
    >>> from datetime import date
    >>> from diligence.assumptions import AssumptionRegister
    >>> from diligence.prices.accelerators import accelerator
    >>> from diligence.prices.model_architectures import model_architecture
    >>> from diligence.prices.serving_assumptions import read_serving_assumptions
    >>> register = AssumptionRegister.load(date(2026, 9, 30))
    >>> cost = estimate_serving_cost(
    ...     model_architecture("llama-3.1-70b").at_precision(bytes_per_weight=1),
    ...     accelerator("h100"),
    ...     assumptions=read_serving_assumptions(register, accelerator="h100"),
    ...     request=RequestShape(input_tokens=3000, output_tokens=1000),
    ...     n_gpu=4,
    ...     batch=32,
    ... )
    >>> print(f"output {cost.usd_per_mtok_output:.2f} USD per Mtok")
    output 3.21 (1.10 to 44.70) USD per Mtok

    A range of forty times: a claim about cost is a claim about the rent and the load.
    """
    _require_request(request)
    held = largest_batch(model, chip, context_tokens=request.context_tokens, n_gpu=n_gpu)
    together = held if batch is None else whole_positive("batch", batch)
    if together < 1:
        raise InputError(
            f"{model.name} does not fit on {n_gpu} x {chip.name} with one request of "
            f"{request.context_tokens:g} tokens of context: take more accelerators or narrower "
            "weights"
        )
    cases = [
        _case(model, chip, case, request=request, n_gpu=n_gpu, batch=together)
        for case in _cases(assumptions)
    ]
    sent, loaded, received, blended = (
        ScenarioRange(*kind) for kind in zip(*(case.usd_per_mtok for case in cases), strict=True)
    )
    return ServingCost(
        model=model.name,
        accelerator=chip.name,
        n_gpu=n_gpu,
        batch=together,
        request=request,
        usd_per_mtok_input=sent,
        usd_per_mtok_cached_input=loaded,
        usd_per_mtok_output=received,
        usd_per_mtok_blended=blended,
        base_step=cases[1].step,
        base_tokens_per_second=cases[1].tokens_per_second,
        assumptions=assumptions,
        notes=_notes(model, held, batch),
    )


@dataclass(frozen=True)
class _Case:
    usd_per_gpu_hour: Decimal
    utilisation: float
    compute_share: float
    bandwidth_share: float


@dataclass(frozen=True)
class _CaseCost:
    usd_per_mtok: tuple[Decimal, Decimal, Decimal, Decimal]
    tokens_per_second: float
    step: DecodeStep


def _cases(stated: ServingAssumptions) -> tuple[_Case, ...]:
    """Low, base and high cost: rents rise, use falls."""
    used = zip(
        *(
            tuple(float(x) for x in reversed(part.cases))
            for part in (stated.utilisation, stated.compute_share, stated.bandwidth_share)
        ),
        strict=True,
    )
    return tuple(
        _Case(rent, *use) for rent, use in zip(stated.usd_per_gpu_hour.cases, used, strict=True)
    )


def _case(
    model: ModelArchitecture,
    chip: Accelerator,
    case: _Case,
    *,
    request: RequestShape,
    n_gpu: int,
    batch: int,
) -> _CaseCost:
    step = decode_step(
        model,
        chip,
        batch=batch,
        context_tokens=request.context_tokens,
        n_gpu=n_gpu,
        compute_share=case.compute_share,
        bandwidth_share=case.bandwidth_share,
    )
    prefill = prefill_tokens_per_second(
        model,
        chip,
        n_gpu=n_gpu,
        prompt_tokens=request.input_tokens,
        compute_share=case.compute_share,
    )
    loading = n_gpu * chip.host_link_bytes_per_second / model.kv_bytes_per_token
    mixed = _mixed_rate(request, prefill, loading, step.tokens_per_second)
    sent, loaded, received, blended = (
        usd_per_mtok(
            tokens_per_second=rate,
            usd_per_gpu_hour=case.usd_per_gpu_hour,
            n_gpu=n_gpu,
            utilisation=case.utilisation,
        )
        for rate in (prefill, loading, step.tokens_per_second, mixed)
    )
    return _CaseCost((sent, loaded, received, blended), mixed, step)


def _mixed_rate(request: RequestShape, prefill: float, loading: float, decoding: float) -> float:
    """Tokens a second of the request's mix, read and written one after the other."""
    cached = request.input_tokens * float(request.cached_share)
    seconds = (
        (request.input_tokens - cached) / prefill
        + cached / loading
        + request.output_tokens / decoding
    )
    return (request.input_tokens + request.output_tokens) / seconds


def _require_request(request: RequestShape) -> None:
    not_negative("input_tokens", request.input_tokens)
    positive("output_tokens", request.output_tokens)
    share("cached_share", request.cached_share)


def _notes(model: ModelArchitecture, held: int, batch: int | None) -> tuple[str, ...]:
    notes = []
    if batch is None:
        notes.append(f"batch is the most that fits in memory ({held}); fewer cost more a token")
    if model.experts_total > 1:
        notes.append("experts are taken to be chosen evenly; a hot expert slows the step")
    return tuple(notes)
