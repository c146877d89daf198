"""Spectroscopic metallicities of simulated stars: few, of bright stars, from several papers.

Spectroscopists take the bright stars, and of these rather the metal-poor ones, for the halo is
what they are after, and RRab. Papers differ in their zero points, publish how much to add to
come to a common scale, and are a little wrong in that as well; some stars are in several.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.simulate.streams import Stars, Streams, designations


class Paper(NamedTuple):
    """A paper: ``error``, ``shift`` (published) and ``true_shift`` in dex.

    ``share`` is that of the chosen stars.
    """

    source: str
    instrument: str
    error: float
    shift: float
    true_shift: float
    share: float


# The shifts are of the size of those between real papers (Crestani et al. 2021, ApJ 908, 20).
PAPERS = (
    Paper("Simulated A", "spectrograph 1", 0.08, 0.00, 0.00, 0.75),
    Paper("Simulated B", "spectrograph 2", 0.12, -0.19, -0.17, 0.35),
    Paper("Simulated C", "spectrograph 2", 0.10, 0.16, 0.18, 0.20),
    Paper("Simulated D", "spectrograph 3", 0.20, -0.26, -0.29, 0.15),
)
# Errors are stated too small, and a few values are of another star or a bad spectrum.
TRUE_ERRORS = 1.2
WRONG, WRONG_BY = 0.02, 0.5
# G magnitude at which half of the metal-poor RRab are taken.
HALF_TAKEN = 15.2
# Share of the spectra of which there are two in a paper, and of rows without source_id.
AGAIN, NAMELESS = 0.15, 0.03
DIGITS = 2


def observe_spectra(stars: Stars, seed: int) -> pl.DataFrame:
    """Give the measurements of the stars that were chosen, as rows of the table ``spectra``.

    One star may stand in several papers and twice in one; some rows have no ``source_id``, and are
    joined to others of the star by ``other_id`` alone.
    """
    streams = Streams(seed, stars["number"])
    bright = 1.0 / (1.0 + np.exp((stars["mean_G"] - HALF_TAKEN) / 0.6))
    feh = np.where(np.isnan(stars["feh"]), -1.0, stars["feh"])
    poor = 1.0 / (1.0 + np.exp((feh + 1.0) / 0.3))
    wanted = bright * (0.3 + 0.7 * poor) * np.where(stars["kind"] == "RRab", 1.0, 0.7)
    rr_lyrae = np.isin(stars["kind"], ["RRab", "RRc"])
    chosen = np.flatnonzero(rr_lyrae & (streams.uniform("spectrum") < wanted))
    tables = [
        _of_paper(stars, chosen, seed, paper, repeat) for paper in PAPERS for repeat in (0, 1)
    ]
    return pl.concat(tables).sort("other_id", "source", "instrument", "feh")


def _of_paper(
    stars: Stars, chosen: NDArray[np.int64], seed: int, paper: Paper, repeat: int
) -> pl.DataFrame:
    number = stars["number"][chosen]
    streams = Streams(seed, number, repeat)
    once = Streams(seed, number)
    taken = once.uniform(f"in {paper.source}") < paper.share
    if paper is PAPERS[0]:
        # Everybody chosen is in some paper.
        others = [once.uniform(f"in {other.source}") < other.share for other in PAPERS[1:]]
        taken |= ~np.any(others, axis=0)
    if repeat:
        taken &= streams.uniform(f"again in {paper.source}") < AGAIN
    stated = paper.error * np.exp(0.3 * streams.normal(f"error in {paper.source}"))
    feh = stars["feh"][chosen] - paper.true_shift
    feh = feh + TRUE_ERRORS * stated * streams.normal(f"spectrum in {paper.source}")
    wrong = streams.uniform(f"wrong in {paper.source}") < WRONG
    side = np.sign(streams.normal(f"wrong side in {paper.source}"))
    feh = feh + np.where(wrong, WRONG_BY * side, 0.0)
    nameless = streams.uniform(f"no identifier in {paper.source}") < NAMELESS
    designation = designations(number)
    return (
        pl.DataFrame(
            {
                "source_id": number,
                "other_id": designation,
                "name": designation.str.replace("SIM ", "Simulated V"),
                "feh": np.round(feh, DIGITS),
                "feh_error": np.maximum(np.round(stated, DIGITS), 0.01),
                "pulsation_type": stars["kind"][chosen],
                "nameless": nameless,
            }
        )
        .filter(pl.Series(taken))
        .select(
            pl.when(~pl.col("nameless")).then("source_id").alias("source_id"),
            "other_id",
            "name",
            "feh",
            "feh_error",
            shift=pl.lit(paper.shift),
            source=pl.lit(paper.source),
            instrument=pl.lit(paper.instrument),
            pulsation_type="pulsation_type",
        )
    )
