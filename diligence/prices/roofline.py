"""How fast a model can run on accelerators: prefill and decoding under the roofline."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, sqrt
from typing import Literal

from diligence.errors import InputError
from diligence.prices.accelerators import Accelerator
from diligence.prices.checked_numbers import not_negative, positive, positive_share, whole_positive
from diligence.prices.model_architectures import ModelArchitecture

# Share of the memory a server gives to weights and cache; the rest holds activations.
USABLE_MEMORY_SHARE = 0.9

# Erdil (2025), arXiv 2506.04645, simple model: an all-reduce over n GPUs takes 6 microseconds
# and 2 more for each step of the square root of n, four times a layer.
_ALL_REDUCES_PER_LAYER = 4
_ALL_REDUCE_SECONDS = 6e-6
_ALL_REDUCE_SECONDS_PER_HOP = 2e-6


def prefill_tokens_per_second(
    model: ModelArchitecture,
    chip: Accelerator,
    *,
    n_gpu: int = 1,
    prompt_tokens: float = 0,
    compute_share: float = 1.0,
) -> float:
    """Prompt tokens a second: reading a prompt is bound by arithmetic.

    ``n_gpu * flops * compute_share / flops per token``.

    Parameters
    ----------
    model, chip
        What is served, on what.
    n_gpu
        Accelerators that share the work.
    prompt_tokens
        Length of a prompt, for the attention over itself; 0 leaves attention out.
    compute_share
        Share of the chip's arithmetic that is reached (model FLOPs utilisation).

    Raises
    ------
    InputError
        When a number cannot be meant.

    Examples
    --------
    >>> from diligence.prices.accelerators import accelerator
    >>> from diligence.prices.model_architectures import model_architecture
    >>> node = {"n_gpu": 8, "prompt_tokens": 5000, "compute_share": 0.176}
    >>> rate = prefill_tokens_per_second(
    ...     model_architecture("deepseek-v3"), accelerator("h800"), **node
    ... )
    >>> round(rate, -2)
    32200.0

    DeepSeek's node reads 32,200 uncached tokens a second: under a fifth of the FP8 arithmetic.
    """
    share_reached = float(positive_share("compute_share", compute_share))
    prompt = float(not_negative("prompt_tokens", prompt_tokens))
    flops = whole_positive("n_gpu", n_gpu) * chip.flops_per_second(model.bytes_per_weight)
    return flops * share_reached / model.prefill_flops_per_token(prompt)


@dataclass(frozen=True)
class DecodeStep:
    """One decoding step: each request of the batch gets its next token.

    Seconds of the four parts; the step takes the longer of memory (weights and cache) and
    arithmetic, then communication.
    """

    batch: int
    context_tokens: float
    n_gpu: int
    weight_seconds: float
    cache_seconds: float
    compute_seconds: float
    communication_seconds: float

    @property
    def memory_seconds(self) -> float:
        """Time to read weights and cache."""
        return self.weight_seconds + self.cache_seconds

    @property
    def seconds(self) -> float:
        """Time of the step."""
        return max(self.memory_seconds, self.compute_seconds) + self.communication_seconds

    @property
    def bound_by(self) -> Literal["memory", "compute"]:
        """Which of the two the chips wait for."""
        return "memory" if self.memory_seconds >= self.compute_seconds else "compute"

    @property
    def tokens_per_second(self) -> float:
        """Tokens a second of all requests together."""
        return self.batch / self.seconds

    @property
    def bound_tokens_per_second(self) -> float:
        """The same with communication taken to be free."""
        return self.batch / max(self.memory_seconds, self.compute_seconds)

    @property
    def tokens_per_second_per_request(self) -> float:
        """Tokens a second that one reader sees."""
        return 1 / self.seconds


def decode_step(
    model: ModelArchitecture,
    chip: Accelerator,
    *,
    batch: int,
    context_tokens: float,
    n_gpu: int = 1,
    compute_share: float = 1.0,
    bandwidth_share: float = 1.0,
) -> DecodeStep:
    """Time of one decoding step of a batch, weights split over `n_gpu` accelerators.

    ``max((weights read + batch * cache) / (n * bandwidth), batch * flops / (n * arithmetic))
    + communication``. With both shares at 1, `bound_tokens_per_second` is what no server beats
    that writes one token a step; guessing tokens ahead gets round its memory part. Weights read
    include the input embedding, which decoding does not read: at batch 1 that is up to 12 % too
    many (gpt-oss-120b; deepseek-v3 1.4 %), see ``ModelArchitecture.weight_bytes_read``.

    Parameters
    ----------
    model, chip
        What is served, on what.
    batch
        Requests decoded together.
    context_tokens
        Tokens of each request in the cache, on average.
    n_gpu
        Accelerators the weights are split over.
    compute_share, bandwidth_share
        Shares of the chip's arithmetic and bandwidth that are reached.

    Raises
    ------
    InputError
        When a number cannot be meant, or weights and cache do not fit; the message says what
        fits.

    Examples
    --------
    >>> from diligence.prices.accelerators import accelerator
    >>> from diligence.prices.model_architectures import model_architecture
    >>> llama = model_architecture("llama-3.1-70b").at_precision(bytes_per_weight=1)
    >>> h100 = accelerator("h100")
    >>> alone = decode_step(llama, h100, batch=1, context_tokens=0, n_gpu=2)
    >>> many = decode_step(llama, h100, batch=64, context_tokens=0, n_gpu=2)
    >>> print(f"{many.tokens_per_second / alone.tokens_per_second:.0f}", many.bound_by)
    64 memory

    Sixty-four readers cost what one costs: the weights are read once for all of them.

    References
    ----------
    Erdil, E. (2025). Inference economics of language models. arXiv 2506.04645.
    """
    gpus = whole_positive("n_gpu", n_gpu)
    requests = whole_positive("batch", batch)
    context = float(not_negative("context_tokens", context_tokens))
    _require_room(model, chip, batch=requests, context_tokens=context, n_gpu=gpus)
    read = float(positive_share("bandwidth_share", bandwidth_share))
    computed = float(positive_share("compute_share", compute_share))
    bandwidth = gpus * chip.memory_bytes_per_second * read
    flops = gpus * chip.flops_per_second(model.bytes_per_weight) * computed
    return DecodeStep(
        batch=requests,
        context_tokens=context,
        n_gpu=gpus,
        weight_seconds=model.weight_bytes_read(requests) / bandwidth,
        cache_seconds=requests * context * model.kv_bytes_per_token / bandwidth,
        compute_seconds=requests * model.decode_flops_per_token(context) / flops,
        communication_seconds=_communication_seconds(model, gpus),
    )


def largest_batch(
    model: ModelArchitecture, chip: Accelerator, *, context_tokens: float, n_gpu: int = 1
) -> int:
    """Requests whose cache fits beside the weights; 0 when the weights alone do not fit.

    Parameters
    ----------
    model, chip, n_gpu
        What is served, on what, and on how many.
    context_tokens
        Tokens of each request in the cache, above 0.

    Examples
    --------
    >>> from diligence.prices.accelerators import accelerator
    >>> from diligence.prices.model_architectures import model_architecture
    >>> llama = model_architecture("llama-3.1-70b")
    >>> [
    ...     largest_batch(llama, accelerator("h100"), context_tokens=8000, n_gpu=gpus)
    ...     for gpus in (1, 2, 4, 8)
    ... ]
    [0, 1, 56, 165]

    Two cards hold the model and one conversation: memory, not arithmetic, decides how many
    share the rent.
    """
    context = float(positive("context_tokens", context_tokens))
    usable = whole_positive("n_gpu", n_gpu) * chip.memory_bytes * USABLE_MEMORY_SHARE
    return max(0, floor((usable - model.weight_bytes) / (context * model.kv_bytes_per_token)))


def fewest_gpus(
    model: ModelArchitecture, chip: Accelerator, *, context_tokens: float, batch: int = 1
) -> int:
    """Smallest power of two of accelerators that holds the weights and a batch."""
    n_gpu = 1
    while largest_batch(model, chip, context_tokens=context_tokens, n_gpu=n_gpu) < batch:
        n_gpu *= 2
    return n_gpu


def _communication_seconds(model: ModelArchitecture, n_gpu: int) -> float:
    if n_gpu == 1:
        return 0.0
    once = _ALL_REDUCE_SECONDS + _ALL_REDUCE_SECONDS_PER_HOP * (sqrt(n_gpu) - 1)
    return model.layers * _ALL_REDUCES_PER_LAYER * once


def _require_room(
    model: ModelArchitecture, chip: Accelerator, *, batch: int, context_tokens: float, n_gpu: int
) -> None:
    usable = n_gpu * chip.memory_bytes * USABLE_MEMORY_SHARE
    needed = model.weight_bytes + batch * context_tokens * model.kv_bytes_per_token
    if needed <= usable:
        return
    fits = largest_batch(model, chip, context_tokens=max(context_tokens, 1), n_gpu=n_gpu)
    advice = f"at most {fits} requests fit at this context" if fits else "the weights do not fit"
    raise InputError(
        f"batch {batch} at {context_tokens:g} tokens of context needs {needed / 1e9:,.0f} GB for "
        f"{model.name}; {n_gpu} x {chip.name} leave {usable / 1e9:,.0f} GB for weights and cache; "
        f"{advice}: take more accelerators, a smaller batch or narrower weights"
    )
