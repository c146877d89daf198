"""Periods of stars whose archive gives none.

A periodogram of one sinusoid over the whole range of frequencies proposes; harmonic fits with a
free period choose. The first harmonic of an RR Lyrae star is its strongest, so the true frequency
is among the highest peaks of one sinusoid, if not always the very highest (an alias can be, where
the curve is sharp or the nights few), and never half of it, which a periodogram of several
harmonics takes for some RRc. What the fits leave as misfit, with a price on every harmonic, settles
which peak it is, and by how much.

Each star is worked alone: what comes out for it does not depend on which others are there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.errors import FrameError
from rrcat.fourier.comparison import fit_candidates
from rrcat.fourier.false_alarm import false_alarm
from rrcat.fourier.periodogram import candidates, n_frequencies
from rrcat.fourier.search_settings import PeriodSearchSettings
from rrcat.lightcurve import PackedLightCurves, pack

FloatArray = NDArray[np.float64]

PERIOD_COLUMNS: dict[str, pl.DataType] = {
    "source_id": pl.Int64(),
    "band": pl.String(),
    "period": pl.Float64(),
    "period_error": pl.Float64(),
    "period_false_alarm": pl.Float64(),
    "period_in_doubt": pl.Boolean(),
    "period_doubts": pl.String(),
    "second_period": pl.Float64(),
}
"""Columns of what a search gives, in order."""

NO_PERIOD = (
    "no_light_curve",
    "no_times",
    "too_few_epochs",
    "constant",
    "short_span",
    "long_span",
    "no_fit",
)
DOUBTS = (
    "few_epochs",
    "excess_scatter",
    "low_significance",
    "alias",
    "double_period",
    "other_period",
    "near_whole_day",
    "at_edge",
)
"""Why there is no period, and why one is doubted."""

# The grid of a span of 100 years; longer spans mix time origins.
_MAX_FREQUENCIES = 1_000_000
_FLATTEST = 1e-6  # mag
# Nights follow one another after a solar day (c/d: 1), and the sky after a sidereal one; what is
# seen is seen again after a year. Gaia's four looks a day are whole cycles a day too.
_DAILY = (1.0, 1.0027379)
_YEARLY = (1.0 / 365.25, 2.0 / 365.25)
# Starts around the best fit, in parts of the resolution in frequency.
_NEARBY = np.array([-0.75, -0.5, -0.25, 0.25, 0.5, 0.75])


@dataclass(frozen=True)
class _Found:
    """What a search gives for a star: its best and second best candidate, or why there is none."""

    doubts: tuple[str, ...]
    period: float | None = None
    period_error: float | None = None
    false_alarm: float | None = None
    second_period: float | None = None


_NO_LIGHT_CURVE = _Found(("no_light_curve",))


def search_periods(
    light_curves: pl.DataFrame,
    stars: pl.DataFrame,
    settings: PeriodSearchSettings | None = None,
) -> pl.DataFrame:
    """Give the period of every star asked for, how sure it is, or the reason why there is none.

    Parameters
    ----------
    light_curves
        Cleaned, as :func:`rrcat.lightcurve.clean` gives them. Of several bands, that with the most
        observations is used.
    stars
        ``source_id``; one row a star.

    Returns
    -------
    periods
        One row a star, sorted, with ``PERIOD_COLUMNS``. ``period`` [d] is null where there is
        none; ``period_false_alarm`` is the probability that noise alone makes as good a fit
        somewhere in the range (:func:`rrcat.fourier.false_alarm.false_alarm`);
        ``period_doubts`` holds words of ``DOUBTS`` or one of ``NO_PERIOD``, separated by
        commas, null where nothing is doubted; ``second_period`` is that of the next best fit.

    Raises
    ------
    FrameError
        When a star is listed twice.
    """
    settings = settings or PeriodSearchSettings()
    repeated = stars.filter(pl.col("source_id").is_duplicated())
    if repeated.height:
        raise FrameError(
            "a star is listed more than once",
            hint="Give one row a star.",
            table="stars",
            star=repeated["source_id"].min(),
        )
    packed = pack(_best_band(light_curves.join(stars, on="source_id", how="semi")))
    place = {source_id: star for star, source_id in enumerate(packed.keys["source_id"])}
    rows = []
    for source_id in stars["source_id"].sort():
        star = place.get(source_id)
        found = _NO_LIGHT_CURVE if star is None else _search_star(packed, star, settings)
        rows.append(
            {
                "source_id": source_id,
                "band": None if star is None else packed.keys["band"][star],
                "period": found.period,
                "period_error": found.period_error,
                "period_false_alarm": found.false_alarm,
                "period_in_doubt": bool(found.doubts),
                "period_doubts": ",".join(found.doubts) or None,
                "second_period": found.second_period,
            }
        )
    return pl.DataFrame(rows, schema=PERIOD_COLUMNS)


def _best_band(kept: pl.DataFrame) -> pl.DataFrame:
    """Give of each star the observations in the band that has most, the first of equals."""
    best = (
        kept.group_by("source_id", "band")
        .len()
        .sort("source_id", "len", "band", descending=[False, True, False])
        .unique("source_id", keep="first", maintain_order=True)
    )
    return kept.join(best.select("source_id", "band"), on=["source_id", "band"], how="semi")


def _search_star(packed: PackedLightCurves, star: int, settings: PeriodSearchSettings) -> _Found:
    here = slice(packed.offsets[star], packed.offsets[star + 1])
    time, mag, error = packed.time[here], packed.mag[here], packed.mag_error[here]
    reason = _unusable(time, mag, settings)
    if reason:
        return _Found((reason,))
    frequency = candidates(time, mag, error, settings.period_range, settings.n_candidates)
    if not frequency.size:
        return _Found(("no_fit",))
    return _choose(time, mag, error, frequency, settings)


def _unusable(time: FloatArray, mag: FloatArray, settings: PeriodSearchSettings) -> str | None:
    if np.isnan(time).any():
        return "no_times"
    if time.size < settings.min_epochs:
        return "too_few_epochs"
    if np.ptp(mag) < _FLATTEST:
        return "constant"
    if np.ptp(time) < settings.min_span:
        return "short_span"
    if n_frequencies(time, settings.period_range) > _MAX_FREQUENCIES:
        return "long_span"
    return None


def _choose(
    time: FloatArray,
    mag: FloatArray,
    error: FloatArray,
    frequency: FloatArray,
    settings: PeriodSearchSettings,
) -> _Found:
    resolution = 1.0 / np.ptp(time)
    fits = fit_candidates(time, mag, error, frequency)
    if not np.isfinite(fits.cost).any():
        return _Found(("no_fit",))
    best = _cheapest(fits.cost, fits.r21 <= 1.0)
    found = 1.0 / fits.period[best]
    distance = np.abs(1.0 / fits.period - found)
    rival = _cheapest(fits.cost, distance > resolution)

    # A sinusoid's peak can lie a good part of the resolution off, too far for a sharp curve's fit.
    near = fit_candidates(time, mag, error, found + resolution * _NEARBY)
    at = _cheapest(near.cost, np.abs(1.0 / near.period - found) < resolution)
    rival_cost, rival_period = fits.cost[rival], float(fits.period[rival])
    if near.cost[at] < fits.cost[best]:
        fits, best, found = near, at, 1.0 / near.period[at]

    doubts = set()
    has_rival = bool(np.isfinite(rival_cost)) and distance[rival] > resolution
    if has_rival:
        relation = _relation(1.0 / rival_period, found, resolution)
        # A series of the double period holds that of the period: nearly as good says nothing.
        margin = 0.0 if relation == "double_period" else settings.sure_by
        if rival_cost < fits.cost[best] + margin:
            doubts.add(relation)
    chance = false_alarm(
        float(fits.misfit[best]),
        time.size,
        int(fits.order[best]),
        float(np.ptp(time) * (1.0 / settings.period_range[0] - 1.0 / settings.period_range[1])),
    )
    if chance > settings.max_false_alarm:
        doubts.add("low_significance")
    if time.size < settings.sure_epochs:
        doubts.add("few_epochs")
    if fits.excess[best] > settings.max_excess_scatter:
        doubts.add("excess_scatter")
    if abs(found - round(found)) < 2.0 * resolution:
        doubts.add("near_whole_day")
    shortest, longest = settings.period_range
    if not 1.0 / longest + resolution < found < 1.0 / shortest - resolution:
        doubts.add("at_edge")
    period_error = float(fits.period_error[best])
    return _Found(
        period=float(fits.period[best]),
        period_error=period_error if np.isfinite(period_error) else None,
        false_alarm=chance,
        doubts=tuple(doubt for doubt in DOUBTS if doubt in doubts),
        second_period=rival_period if has_rival else None,
    )


def _cheapest(cost: FloatArray, preferred: NDArray[np.bool_]) -> int:
    """Give the place of the least cost among the preferred, or of all where none is."""
    among = np.where(preferred, cost, np.inf)
    return int(np.argmin(among if np.isfinite(among).any() else cost))


def _relation(other: float, found: float, resolution: float) -> str:
    """Say what a competing frequency is to the one that was taken."""
    tolerance = 2.0 * resolution
    if abs(other - 0.5 * found) < tolerance:
        return "double_period"
    for between in (abs(other - found), other + found):
        cycles = max(1, round(between))
        combs = (*(cycles * daily for daily in _DAILY), *_YEARLY)
        if any(abs(between - comb) < tolerance for comb in combs):
            return "alias"
    return "other_period"
