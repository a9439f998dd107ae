"""Random numbers of paths: what they are spread over, and what they share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.stress.path_draws import (
    BLOCK,
    batches,
    blocks,
    even_normals,
    even_uniforms,
    monthly_normals,
    random_stream,
)


def stream(name="test"):
    return random_stream(3, name)


@given(paths=st.integers(1, 30_000))
def test_blocks_cover_every_path_once_and_straddle_no_batch(paths):
    covered = [path for block in blocks(paths) for path in (block.start, block.stop)]
    assert covered[0] == 0
    assert covered[-1] == paths
    assert covered[1:-1:2] == covered[2::2]
    ends = {batch.stop for batch in batches(paths)}
    assert ends <= {block.stop for block in blocks(paths)}
    assert all(0 < block.stop - block.start <= BLOCK for block in blocks(paths))
    assert len(batches(paths)) == min(paths, 10)


def test_every_batch_takes_one_number_from_each_stratum():
    drawn = even_uniforms(1_000, stream())
    for batch in batches(1_000):
        assert sorted((drawn[batch] * 100).astype(int)) == list(range(100))
    assert not np.array_equal(drawn[:100], drawn[100:200])


def test_even_normals_are_normal():
    drawn = even_normals(10_000, stream())
    assert drawn.mean() == pytest.approx(0.0, abs=1e-3)
    assert drawn.std() == pytest.approx(1.0, abs=1e-2)


def test_a_stream_depends_on_its_names_alone():
    first = random_stream(3, "Acme", "usage").random(3)
    assert np.array_equal(first, random_stream(3, "Acme", "usage").random(3))
    for other in (random_stream(3, "Acme", "price"), random_stream(4, "Acme", "usage")):
        assert not np.array_equal(first, other.random(3))


def test_months_are_independent_standard_normals():
    mean = even_normals(1_000, stream("sum"))
    rows = np.hstack([monthly_normals(12, mean, stream(f"{k}")) for k in range(40)])
    correlation = np.corrcoef(rows)
    assert np.allclose(rows.var(axis=1), 1.0, atol=0.05)
    assert np.abs(correlation - np.eye(12)).max() < 0.03


@given(paths=st.integers(1, 50), months=st.integers(1, 40))
def test_a_paths_months_add_up_to_what_was_drawn_and_halves_are_mirrored(paths, months):
    mean = even_normals(paths, stream("sum"))
    drawn = monthly_normals(months, mean, stream())
    assert np.allclose(drawn.sum(axis=0), mean * months**0.5, atol=1e-4)
    half = (paths + 1) // 2
    deviation = drawn - drawn.mean(axis=0)
    assert np.allclose(deviation[:, half:], -deviation[:, : paths - half], atol=1e-5)
