"""Accelerators and model shapes that travel with the package: sources, dates, plausibility."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from diligence.errors import DiligenceError, InputError
from diligence.prices import specification_files
from diligence.prices.accelerators import Accelerator, accelerator, accelerators, ridge_batch
from diligence.prices.model_architectures import model_architecture, model_architectures

VARIABLE = "DILIGENCE_REFERENCE_DATA"
HARDWARE = Path(os.environ.get(VARIABLE, ""), "gpu-prices", "epoch_ml_hardware.csv")
# our name -> name in Epoch AI's table of machine-learning hardware (CC BY 4.0)
IN_TABLE = {
    "a100": "NVIDIA A100 SXM4 80 GB",
    "h100": "NVIDIA H100 SXM5 80GB",
    "h800": "NVIDIA H800 SXM5",
    "h200": "NVIDIA H200 SXM",
    "b200": "NVIDIA B200",
    "mi300x": "AMD Instinct MI300X",
    "mi325x": "AMD Instinct MI325X",
}


@pytest.mark.parametrize("name", accelerators())
def test_every_accelerator_has_a_source_and_a_date(name: str) -> None:
    chip = accelerator(name)

    assert len(chip.source) > 20
    assert date(2026, 1, 1) <= chip.checked <= date(2026, 12, 31)
    # a chip that multiplies narrower numbers does so at least as fast, and some 100 to 500
    # operations stand against each byte read
    rates = [chip.flops_per_second(size) for size in (2, 1, 0.5)]
    assert rates == sorted(rates)
    assert 100 < ridge_batch(chip) < 500


@pytest.mark.parametrize("name", model_architectures())
def test_every_architecture_has_a_source_and_adds_up(name: str) -> None:
    model = model_architecture(name)

    assert len(model.source) > 20
    assert date(2026, 1, 1) <= model.checked <= date(2026, 12, 31)
    assert model.heads % model.kv_heads == 0
    # shared weights and the experts of one token are the weights it passes through; some sources
    # leave the input embedding out of the active ones, which is a tenth of gpt-oss-120b's
    shared = model.total_parameters - model.expert_parameters
    used = shared + model.expert_parameters * model.experts_active / model.experts_total
    assert model.active_parameters == pytest.approx(used, rel=0.13)


@pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not HARDWARE.exists(),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)
@pytest.mark.parametrize("name", IN_TABLE)
def test_rates_agree_with_a_published_table(name: str) -> None:
    table = pd.read_csv(HARDWARE).set_index("Hardware name").loc[IN_TABLE[name]]
    chip = accelerator(name)

    # half a per cent; the table gives the B200 of one system 7.7 TB/s, its data sheet says 8
    for column, ours, tolerance in [
        ("Tensor-FP16/BF16 performance (FLOP/s)", chip.bf16_flops_per_second, 0.005),
        ("FP8 performance (FLOP/s)", chip.fp8_flops_per_second, 0.005),
        ("FP4 performance (FLOP/s)", chip.fp4_flops_per_second, 0.005),
        ("Memory (bytes)", chip.memory_bytes, 0.005),
        ("Memory bandwidth (byte/s)", chip.memory_bytes_per_second, 0.04),
    ]:
        if ours is not None and pd.notna(table[column]):
            assert ours == pytest.approx(table[column], rel=tolerance), column


def test_narrow_weights_run_at_the_next_wider_rate() -> None:
    assert accelerator("h100").flops_per_second(0.5) == 1979e12
    assert accelerator("a100").flops_per_second(1) == 312e12
    assert accelerator("b200").flops_per_second(0.5) == 9000e12


def test_an_unknown_name_is_refused_with_near_ones() -> None:
    with pytest.raises(InputError, match="no accelerator is named 'H100'; did you mean"):
        accelerator("H100")
    with pytest.raises(InputError, match="no model architecture is named 'gpt-5'; "):
        model_architecture("gpt-5")


ENTRY = """
- name: chip
  vendor: none
  product: chip
  bf16_flops_per_second: 1e12
  memory_bytes: 1e9
  memory_bytes_per_second: 1e9
  host_link_bytes_per_second: 1e9
  source: a test
  checked: 2026-11-21
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENTRY + "  colour: red\n", "colour"),
        (ENTRY.replace("2026-11-21", "last week"), "checked"),
        (ENTRY.replace("bf16_flops_per_second: 1e12", "bf16_flops_per_second: fast"), "bf16"),
        (ENTRY.replace("  source: a test\n", ""), "source"),
        (ENTRY * 2, "names an entry twice"),
    ],
)
def test_a_broken_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    (tmp_path / "chips.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(specification_files, "resource_path", lambda *parts: tmp_path / parts[-1])
    with pytest.raises(DiligenceError, match=message):
        specification_files.read_specifications("chips.yaml", Accelerator)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"active_parameters": 1e12}, "active_parameters of llama-2-70b is 1e.12, above its total"),
        ({"layers": 0}, "layers of llama-2-70b is 0; give a number above 0"),
        ({"full_attention_layers": 81}, "full_attention_layers of llama-2-70b is 81, above its"),
    ],
)
def test_an_impossible_shape_is_refused(changed: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(model_architecture("llama-2-70b"), **changed)  # type: ignore[arg-type]
