"""The shape of a language model, as far as serving it costs money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import ClassVar

from diligence.errors import InputError
from diligence.prices.checked_numbers import not_negative, positive
from diligence.prices.specification_files import find_specification, read_specifications


@dataclass(frozen=True)
class ModelArchitecture:
    """Parameters, experts and attention of one model.

    Parameters
    ----------
    name
        Name used here.
    layers, heads, kv_heads, head_dim
        Transformer layers, query heads, key-value heads and the width of one head.
    total_parameters, active_parameters
        All weights, and those one token passes through. Equal for a dense model.
    experts_total, experts_active, expert_parameters
        Routed experts of a layer, those chosen for a token, and the weights in all of them;
        1, 1 and 0 for a dense model.
    bytes_per_weight, bytes_per_kv_element
        2 for 16 bits, 1 for 8.
    latent_rank, latent_rope_dim
        Width of the compressed cache of latent attention (MLA) and of its position part; 0 and
        0 for a model that keeps keys and values.
    full_attention_layers
        Layers that look back over the whole context; None when all do. The short window of the
        others is left out.
    source, checked
        Where the shape was read, and when.
    """

    name: str
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    total_parameters: float
    active_parameters: float
    source: str
    checked: date
    bytes_per_weight: float = 2
    bytes_per_kv_element: float = 2
    experts_total: int = 1
    experts_active: int = 1
    expert_parameters: float = 0
    latent_rank: int = 0
    latent_rope_dim: int = 0
    full_attention_layers: int | None = None

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        _require_possible(self)

    def at_precision(
        self, *, bytes_per_weight: float, bytes_per_kv_element: float | None = None
    ) -> ModelArchitecture:
        """Return the same model with weights, and if given the cache, stored in another size."""
        kv = self.bytes_per_kv_element if bytes_per_kv_element is None else bytes_per_kv_element
        return replace(self, bytes_per_weight=bytes_per_weight, bytes_per_kv_element=kv)

    @property
    def weight_bytes(self) -> float:
        """Memory all weights take."""
        return self.total_parameters * self.bytes_per_weight

    @property
    def kv_bytes_per_token(self) -> float:
        """Cache one token of context takes: ``2 * layers * kv_heads * head_dim * bytes``.

        With latent attention one compressed vector stands for keys and values of all heads.
        Layers that look back over a short window keep no more than that, and are left out.
        """
        if self.latent_rank:
            elements = self.latent_rank + self.latent_rope_dim
        else:
            elements = 2 * self.kv_heads * self.head_dim
        return self._layers_that_look_back * elements * self.bytes_per_kv_element

    def weight_bytes_read(self, batch: float) -> float:
        """Weights one decoding step reads for a batch: all shared ones, and the experts hit.

        Experts cover ``1 - (1 - active / total) ** batch`` of their weights when each token
        picks its own, so a small batch reads few and a large one reads all. The input embedding
        is counted though a step looks up single rows of it: the published shapes do not give its
        size. One request therefore reads 12 % more than the active parameters in gpt-oss-120b
        and 1.4 % more in deepseek-v3; with the batch the share shrinks.
        """
        expert_bytes = self.expert_parameters * self.bytes_per_weight
        missed: float = (1 - self.experts_active / self.experts_total) ** batch
        return self.weight_bytes - expert_bytes * missed

    def decode_flops_per_token(self, context_tokens: float) -> float:
        """Operations behind one token at a context: the weights, and attention over it."""
        if self.latent_rank:
            per_head = 2 * (2 * self.latent_rank + self.latent_rope_dim)
        else:
            per_head = 4 * self.head_dim
        attention = per_head * self.heads * self._layers_that_look_back
        return 2 * self.active_parameters + attention * context_tokens

    def prefill_flops_per_token(self, prompt_tokens: float) -> float:
        """Operations behind one token of a prompt, each of which sees half of it on average."""
        attention = 4 * self.head_dim * self.heads * self._layers_that_look_back
        return 2 * self.active_parameters + attention * prompt_tokens / 2

    @property
    def _layers_that_look_back(self) -> int:
        return self.layers if self.full_attention_layers is None else self.full_attention_layers


@cache
def model_architectures() -> Mapping[str, ModelArchitecture]:
    """Every model of ``datasets/model_architectures.yaml``, by name."""
    return read_specifications("model_architectures.yaml", ModelArchitecture)


def model_architecture(name: str) -> ModelArchitecture:
    """Return one published open-weight model.

    Raises
    ------
    InputError
        When the name is unknown; the message lists near matches.

    Examples
    --------
    >>> deepseek = model_architecture("deepseek-v3")
    >>> llama = model_architecture("llama-3.1-405b")
    >>> f"{deepseek.kv_bytes_per_token:,.0f} {llama.kv_bytes_per_token:,.0f}"
    '70,272 516,096'

    The same memory holds seven times as many of DeepSeek's conversations: the larger model is
    the cheaper one to serve.
    """
    return find_specification(name, model_architectures(), what="model architecture")


def _require_possible(model: ModelArchitecture) -> None:
    for name in (
        "layers",
        "heads",
        "kv_heads",
        "head_dim",
        "total_parameters",
        "active_parameters",
        "bytes_per_weight",
        "bytes_per_kv_element",
        "experts_total",
        "experts_active",
    ):
        positive(f"{name} of {model.name}", getattr(model, name))
    not_negative(f"expert_parameters of {model.name}", model.expert_parameters)
    not_negative(f"full_attention_layers of {model.name}", model.full_attention_layers or 0)
    for part, whole in [
        ("active_parameters", "total_parameters"),
        ("expert_parameters", "total_parameters"),
        ("experts_active", "experts_total"),
        ("full_attention_layers", "layers"),
    ]:
        if (getattr(model, part) or 0) > getattr(model, whole):
            raise InputError(
                f"{part} of {model.name} is {getattr(model, part):g}, above its {whole} "
                f"{getattr(model, whole):g}; check which of the two the source means"
            )
