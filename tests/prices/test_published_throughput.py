"""The roofline against throughput that was measured: no measurement may lie above it."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from diligence.prices.accelerators import accelerator
from diligence.prices.model_architectures import model_architecture
from diligence.prices.roofline import decode_step, largest_batch, prefill_tokens_per_second

VARIABLE = "DILIGENCE_REFERENCE_DATA"
MLPERF = Path(
    os.environ.get(VARIABLE, ""), "serving-throughput", "mlperf_inference_llm_v4_1_v5_1.csv"
)
CHIPS = {
    "AMD Instinct MI300X 192GB HBM3": "mi300x",
    "AMD Instinct MI300X-NPS1-SPX-192GB-750W": "mi300x",
    "AMD MI300X-NPS1-SPX-192GB-750W": "mi300x",
    "AMD Instinct MI325X 256GB HBM3e": "mi325x",
    "NVIDIA B200-SXM-180GB": "b200",
    "NVIDIA H100-SXM-80GB": "h100",
    "NVIDIA H200-SXM-141GB": "h200",
    "NVIDIA L40S": "l40s",
}
# model of the benchmark -> ours, and the mean length of its answers in tokens (the column
# tokens_per_sample of the results; Llama 3.1 8B: answers stop at 128)
MODELS = {
    "deepseek-r1": ("deepseek-v3", 3700),
    "llama2-70b-99": ("llama-2-70b", 270),
    "llama3.1-405b": ("llama-3.1-405b", 600),
    "llama3.1-8b": ("llama-3.1-8b", 60),
    "mixtral-8x7b": ("mixtral-8x7b", 140),
}


def measured_shares() -> pd.DataFrame:
    """Closed offline results, each as a share of the bound for its answers alone.

    The bound leaves out prompts, communication and activations and takes the narrowest numbers
    the chip has, so it is above every bound that a real server meets.
    """
    table = pd.read_csv(MLPERF)
    table = table[
        (table["Category"] == "closed")
        & (table["Scenario"] == "Offline")
        & table["Model"].isin(MODELS)
        & table["Accelerator"].isin(CHIPS)
    ]
    return table.assign(share=[_share(row) for _, row in table.iterrows()])


def _share(row: pd.Series) -> float:
    name, answer = MODELS[row["Model"]]
    chip = accelerator(CHIPS[row["Accelerator"]])
    narrowest = 0.5 if chip.fp4_flops_per_second else 1
    model = model_architecture(name).at_precision(
        bytes_per_weight=1 if row["weight_data_types"] == "fp8" else narrowest,
        bytes_per_kv_element=1,
    )
    n_gpu = int(row["Nodes"] * row["accelerators_per_node"])
    batch = largest_batch(model, chip, context_tokens=answer / 2, n_gpu=n_gpu)
    step = decode_step(model, chip, batch=batch, context_tokens=answer / 2, n_gpu=n_gpu)
    return float(row["tokens_per_s"] / step.bound_tokens_per_second)


@pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not MLPERF.exists(),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)
def test_no_mlperf_result_beats_the_bound() -> None:
    shares = measured_shares()

    assert len(shares) > 100
    assert shares["share"].min() > 0
    assert shares["share"].max() < 1


# MLPerf Inference v5.1, closed, offline, Llama 2 70B: 5.1-0016 (Cisco, H100) and 5.1-0026
# (Dell, H200), the results the register quotes for the share of arithmetic that is reached
@pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not MLPERF.exists(),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)
def test_the_shares_the_register_quotes() -> None:
    llama = measured_shares().query("Model == 'llama2-70b-99'").set_index("ID")["share"]

    assert llama["5.1-0016"] == pytest.approx(0.27, abs=0.005)
    assert llama["5.1-0026"] == pytest.approx(0.31, abs=0.005)


# DeepSeek, open-infra-index, day 6: a node of 8 H800 reads 73,700 prompt tokens a second, of which
# 266 in 608 are not from the cache, and writes 14,800; readers see 20 to 22 tokens a second at a
# mean of 4,989 tokens in the cache; decoding units span 18 nodes.
def test_deepseeks_node_reads_below_the_bound() -> None:
    bound = prefill_tokens_per_second(
        model_architecture("deepseek-v3"), accelerator("h800"), n_gpu=8, prompt_tokens=4989
    )

    assert 73_700 * 266 / 608 / bound == pytest.approx(0.176, abs=0.005)


@pytest.mark.parametrize("tokens_per_second_each", [20, 22])
def test_deepseeks_node_writes_below_the_bound(tokens_per_second_each: int) -> None:
    node_tokens_per_second, nodes = 14_800, 18
    step = decode_step(
        model_architecture("deepseek-v3"),
        accelerator("h800"),
        batch=round(nodes * node_tokens_per_second / tokens_per_second_each),
        context_tokens=4989,
        n_gpu=nodes * 8,
    )

    assert nodes * node_tokens_per_second / step.bound_tokens_per_second == pytest.approx(
        0.22, abs=0.01
    )
    # communication by Erdil's simple model explains part of the rest
    assert nodes * node_tokens_per_second < 0.4 * step.tokens_per_second
