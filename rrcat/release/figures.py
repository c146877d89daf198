"""The figures of the report that show the catalogue itself.

Each holds the columns that it draws, so that they are best drawn one after the other.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rrcat.release.batches import Rows
from rrcat.release.figures_drawing import (
    DENSE,
    KINDS,
    Drawing,
    Figure,
    by_kind,
    density,
    legend,
    outside,
    points,
    window,
    with_kind,
)
from rrcat.release.figures_sky import Sky

BIN = 0.1
# Moduli of 10 pc and of 1 Gpc: what lies beyond is no distance of a star.
MODULI = (0.0, 40.0)


def figures(rows: Rows, scale: str) -> Iterator[Figure]:
    """Yield the figures for which the catalogue has values."""
    if figure := _histogram(rows, scale):
        yield figure
    for draw in (_bailey, _errors, _sky):
        if figure := draw(rows):
            yield figure


def distance_figures(rows: Rows) -> Iterator[Figure]:
    """Yield the figures of the distances; none where no star has one."""
    known = _columns(rows, "distance_modulus", "distance_modulus_error")
    known = known.filter(pl.col("distance_modulus").is_between(*MODULI))
    if known.is_empty():
        return
    yield _moduli(known)
    if figure := _modulus_errors(known.drop_nulls("distance_modulus_error")):
        yield figure


def _columns(rows: Rows, *names: str) -> pl.DataFrame:
    """Read some columns, and the ``kind`` of each star."""
    frame = rows.lazy().select("pulsation_type", *names).collect()
    return with_kind(frame).drop("pulsation_type")


def _stairs(axes: Axes, rows: pl.DataFrame, column: str, edges: list[float]) -> None:
    """Draw a histogram of each type; its line is told by its style as well."""
    styles = dict(zip(KINDS, ("-", "--", "-.", ":"), strict=True))
    for kind, (colour, _) in KINDS.items():
        cells = rows.filter(pl.col("kind") == kind)[column].drop_nulls()
        if len(cells):
            axes.hist(cells, edges, histtype="stepfilled", color=colour, alpha=0.2)
            look: dict[str, Any] = {"color": colour, "lw": 1.7, "ls": styles[kind]}
            axes.hist(cells, edges, histtype="step", label=f"{kind} ({len(cells):,})", **look)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    legend(axes)


def _edges(cells: Any, width: float) -> list[float]:
    low, high = np.percentile(cells, [0.5, 99.5])
    first = np.floor(low / width) * width - width
    return list(np.arange(first, high + 2 * width, width).tolist())


def _histogram(rows: Rows, scale: str) -> Figure | None:
    frame = _columns(rows, "feh").drop_nulls("feh")
    feh = frame["feh"].to_numpy()
    if not feh.size:
        return None
    edges = _edges(feh, BIN)

    def draw(axes: Axes) -> None:
        axes.set(xlabel=f"[Fe/H] on the scale {scale} (dex)", ylabel="stars in 0.1 dex")
        _stairs(axes, frame, "feh", edges)

    return Figure(
        "Metallicities",
        Drawing(draw),
        "How many stars have which metallicity, by pulsation type."
        + outside(int(((feh < edges[0]) | (feh > edges[-1])).sum())),
        "RR Lyrae stars of the halo peak near −1.5 dex with a tail to −2.5. A spike, a cliff or a"
        " second peak that only one type has is a bad sign.",
        f"Histogram of {feh.size:,} metallicities; the median is {np.median(feh):.2f} dex and"
        f" 98 % lie between {np.percentile(feh, 1):.2f} and {np.percentile(feh, 99):.2f} dex.",
    )


def _bailey(all_rows: Rows) -> Figure | None:
    words = {"peak_to_peak": "peak-to-peak amplitude", "a1": "amplitude of the first harmonic"}
    known = all_rows.lazy().select(pl.col(words).count()).collect().row(0, named=True)
    measure = next((name for name in words if known[name]), None)
    if measure is None:
        return None
    rows = _columns(all_rows, "period", measure, "feh").drop_nulls()
    if rows.is_empty():
        return None
    limits, beyond = window(rows["period"], rows[measure])
    shade = rows["feh"].quantile(0.02), rows["feh"].quantile(0.98)

    def draw(axes: Axes) -> None:
        axes.set(xlabel="period (d)", ylabel=f"{words[measure]} (mag)", **limits)
        if rows.height > DENSE:
            columns = (rows[name].to_numpy() for name in ("period", measure, "feh"))
            drawn = density(axes, *columns)
            drawn.set_clim(*shade)
        else:
            for kind, (_, marker) in KINDS.items():
                some = rows.filter(pl.col("kind") == kind)
                if some.height:
                    drawn = axes.scatter(
                        some["period"],
                        some[measure],
                        c=some["feh"],
                        marker=marker,
                        cmap="cividis",
                        vmin=shade[0],
                        vmax=shade[1],
                        label=f"{kind} ({some.height:,})",
                        **points(rows.height),
                    )
        axes.figure.colorbar(drawn, ax=axes, label="[Fe/H] (dex)", extend="both")
        legend(axes, "#444444", columns=2)

    coloured = "by the median metallicity of a cell" if rows.height > DENSE else "by metallicity"
    return Figure(
        "Period and amplitude",
        Drawing(draw),
        f"The Bailey diagram: period against {words[measure]}, coloured {coloured}.{beyond}",
        "RRab stars fall from short periods and large amplitudes to long and small ones, metal-poor"
        " stars lie to the right; RRc stars lie apart, below 0.45 d and at smaller amplitudes."
        " Columns at one period, or colours without order, are a bad sign.",
        f"{'Density' if rows.height > DENSE else 'Scatter'} of {words[measure]} against period for"
        f" {rows.height:,} stars with a metallicity; the median period is"
        f" {np.median(rows['period']):.2f} days.",
        on_paper=True,
    )


def _errors(all_rows: Rows) -> Figure | None:
    rows = _columns(all_rows, "feh", "feh_error").drop_nulls()
    if rows.is_empty():
        return None
    limits, beyond = window(rows["feh"], rows["feh_error"])

    def draw(axes: Axes) -> None:
        axes.set(xlabel="[Fe/H] (dex)", ylabel="standard error (dex)", **limits)
        by_kind(axes, rows, "feh", "feh_error")
        legend(axes)

    return Figure(
        "How certain the metallicities are",
        Drawing(draw),
        f"Standard error of the metallicity against metallicity.{beyond}",
        "Errors grow towards the ends of the range, where there are few calibrators; many errors"
        " far below 0.1 dex would be too good.",
        f"Standard error against metallicity for {rows.height:,} stars; the median error is"
        f" {np.median(rows['feh_error']):.2f} dex.",
    )


def _sky(all_rows: Rows) -> Figure | None:
    frame = all_rows.lazy().select("ra", "dec", "feh").collect()
    rows = frame.drop_nulls(["ra", "dec"])
    if rows.is_empty():
        return None
    sky = Sky(rows["ra"].to_numpy(), rows["dec"].to_numpy())
    without = frame.height - rows.height
    have = "star has" if without == 1 else "stars have"
    unplaced = f" {without:,} {have} no position." if without else ""
    there = rows["feh"].is_not_null().to_numpy()
    south, north = np.percentile(rows["dec"].to_numpy(), [0, 100])

    def draw(axes: Axes) -> None:
        x, y = sky.on(axes)
        if rows.height > DENSE:
            _sky_density(axes, x, y)
            return
        for chosen, colour, marker, name in (
            (there, "#0072B2", "o", "with a metallicity"),
            (~there, "#D55E00", "x", "without"),
        ):
            if chosen.any():
                label = f"{name} ({int(chosen.sum()):,})"
                look = points(rows.height)
                if marker == "x":
                    look |= {"linewidths": 1, "s": max(look["s"], 14)}
                axes.scatter(x[chosen], y[chosen], c=colour, marker=marker, label=label, **look)
        legend(axes, columns=2)

    return Figure(
        "On the sky",
        Drawing(draw, sky.projection, sky.size),
        f"Where the stars are, in right ascension and declination.{unplaced}",
        "Holes and stripes are where the survey did not look, or not often enough; stars without a"
        " metallicity should not crowd in one place.",
        f"Map of {rows.height:,} positions, from declination {south:.1f} to {north:.1f} degrees.",
    )


def _sky_density(axes: Axes, x: Any, y: Any) -> None:
    """Draw how many stars lie in each cell of a map, as one picture."""
    across, along = (180, 90)
    counts, x_edges, y_edges = np.histogram2d(x, y, (across, along))
    shown = np.ma.masked_equal(counts.T, 0)
    mesh = axes.pcolormesh(
        x_edges, y_edges, shown, cmap="cividis_r", norm="log", rasterized=True, zorder=2
    )
    axes.figure.colorbar(mesh, ax=axes, label="stars in a cell", shrink=0.7)


def _moduli(rows: pl.DataFrame) -> Figure:
    moduli = rows["distance_modulus"].to_numpy()
    width = 0.25 if np.ptp(np.percentile(moduli, [0.5, 99.5])) > 3 else 0.05
    edges = _edges(moduli, width)

    def draw(axes: Axes) -> None:
        axes.set(xlabel="distance modulus (mag)", ylabel=f"stars in {width:g} mag")
        _stairs(axes, rows, "distance_modulus", edges)

    middle = float(np.median(moduli))
    return Figure(
        "Distances",
        Drawing(draw),
        "How many stars are how far. A modulus of 10 is 1 kpc, of 15 is 10 kpc, of 18.5 the Large"
        " Magellanic Cloud." + outside(int(((moduli < edges[0]) | (moduli > edges[-1])).sum())),
        "RRab and RRc stars of one place should peak together; two peaks half a magnitude apart are"
        " a bad sign.",
        f"Histogram of {moduli.size:,} distance moduli; the median is {middle:.2f} mag, which is"
        f" {10 ** (middle / 5 - 2):.3g} kpc.",
    )


def _modulus_errors(rows: pl.DataFrame) -> Figure | None:
    if rows.is_empty():
        return None
    limits, beyond = window(rows["distance_modulus"], rows["distance_modulus_error"])

    def draw(axes: Axes) -> None:
        axes.set(xlabel="distance modulus (mag)", ylabel="standard error (mag)", **limits)
        by_kind(axes, rows, "distance_modulus", "distance_modulus_error")
        legend(axes)

    return Figure(
        "How certain the distances are",
        Drawing(draw),
        "Random error of the distance modulus against the modulus; 0.1 mag is 4.7 % of the"
        f" distance.{beyond}",
        "The floor is the scatter of the relation; errors rise where light curves are faint or"
        " extinction is large.",
        f"Standard error against distance modulus for {rows.height:,} stars; the median error is"
        f" {np.median(rows['distance_modulus_error']):.3f} mag.",
    )
