"""Random numbers of paths: levels spread evenly, mirrored months, independent batches.

Paths come in ten batches that share no random number, so that the spread between batches is the
error of the whole: two such errors held the truth in 92 % of runs, as nine degrees of freedom
should. Within a batch two old means make the error small. What stays with a path for all its
months (a drift, the sum of its noise) is quasi-random: one value from each of as many equally
likely strata, the dimensions paired at random (a Latin hypercube). And the months' deviations from
that sum are used twice, mirrored (antithetic).

On the shipped deals the standard deviation of P(cash-out) over 60 seeds was 0.75 of what
independent paths give, as if there were 1.8 times as many. A scrambled Sobol sequence over a
company's dimensions in place of the hypercube gave 0.75 too and took 15 % longer: most of what
decides is one sum of noise and one drift, which the strata already spread.
"""

from __future__ import annotations

import itertools
import zlib

import numpy as np
from numpy.typing import NDArray

from diligence.projections.shocks import Array

BATCHES = 10
BLOCK = 1_000
"""Paths drawn at a time at most."""
SPAN = 2_500
"""Paths computed at a time at most: few enough for a processor's cache, in single precision."""


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """Return the random numbers of one thing, told by its names: others' do not depend on it."""
    entropy = [seed, *(zlib.crc32(name.encode()) for name in names)]
    return np.random.Generator(np.random.SFC64(entropy))


def batches(paths: int) -> tuple[slice, ...]:
    """Split paths into ten batches of equal size, or nearly; fewer when paths are fewer."""
    edges = [paths * number // BATCHES for number in range(BATCHES + 1)]
    return tuple(slice(a, b) for a, b in itertools.pairwise(edges) if a < b)


def blocks(paths: int) -> tuple[slice, ...]:
    """Split paths into blocks that lie within one batch each."""
    return tuple(
        slice(first, min(first + BLOCK, batch.stop))
        for batch in batches(paths)
        for first in range(batch.start, batch.stop, BLOCK)
    )


def spans(paths: int) -> tuple[tuple[slice, ...], ...]:
    """Join neighbouring blocks into spans that are computed at once; draws stay block by block.

    Examples
    --------
    >>> [len(span) for span in spans(10_000)]
    [2, 2, 2, 2, 2]
    """
    found: list[list[slice]] = []
    for block in blocks(paths):
        if found and block.stop - found[-1][0].start <= SPAN:
            found[-1].append(block)
        else:
            found.append([block])
    return tuple(tuple(span) for span in found)


def even_uniforms(paths: int, stream: np.random.Generator) -> Array:
    """One number from 0 to 1 a path: in each batch one from each stratum, in random order.

    Examples
    --------
    Forty paths are ten batches of four, each with one number in every quarter:

    >>> drawn = even_uniforms(40, random_stream(1, "example"))
    >>> sorted((drawn[:4] * 4).astype(int).tolist())
    [0, 1, 2, 3]
    """
    spread = np.empty(paths)
    for batch in batches(paths):
        size = batch.stop - batch.start
        spread[batch] = (stream.permutation(size) + stream.random(size)) / size
    return spread


def even_normals(paths: int, stream: np.random.Generator) -> Array:
    """One standard normal a path, spread as evenly as :func:`even_uniforms`."""
    from scipy.special import ndtri

    return np.asarray(ndtri(even_uniforms(paths, stream)), dtype=float)


def monthly_normals(months: int, mean: Array, stream: np.random.Generator) -> NDArray[np.float32]:
    """Independent standard normals, (months, paths), of which the path's sum is already drawn.

    Parameters
    ----------
    months
        Rows.
    mean
        One standard normal a path: the sum of its months over the root of their number. Paths of
        the second half have the deviations of the first from their mean, with the sign turned.
    """
    half = (mean.size + 1) // 2
    level = (mean / months**0.5).astype(np.float32)
    deviation = stream.standard_normal((months, half), dtype=np.float32)
    deviation -= deviation.mean(axis=0)
    drawn = np.empty((months, mean.size), dtype=np.float32)
    np.add(level[:half], deviation, out=drawn[:, :half])
    np.subtract(level[half:], deviation[:, : mean.size - half], out=drawn[:, half:])
    return drawn
