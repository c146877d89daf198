"""The truth of simulated stars, found again through the whole chain.

Archives are simulated, a catalogue is built of each as of any other, with combination, distances
and validation, and compared with what is true. Stars that were learned from do not count.

Errors are learned from some 480 calibrators, so that the coverage of one catalogue is a matter of
chance by 2 points and more: it is judged in the mean of the surveys, all else in all their stars.
Nothing was chosen on these seeds.

    tox run -e bench -- closed_loop

Tables and figures are left in `benchmarks/build/closed_loop`.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from _closed_loop_plots import bias_plot, coverage_plot
from run import Row

from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request
from rrcat.schema import Bit, load
from rrcat.simulate.closed_loop import (
    compare,
    flag_table,
    moduli,
    recovered,
    recovered_by,
    trend,
    warned,
)
from rrcat.simulate.recipe import recipe_text

HERE = Path(__file__).resolve().parent
STARS, SEEDS = 5_000, range(3, 11)
ESTIMATORS = ("fourier-xgboost", "literature-relations")
# The clusters of the simulation are on the scale of its catalogue.
SECTIONS = "\n[validation.clusters]\nscale_offset = 0.0\n"
EDGES = {
    "mag": (11.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 20.6),
    "n_epochs": (8.0, 20.0, 30.0, 40.0, 50.0, 65.0, 90.0, 150.0),
    "true_feh": (-3.0, -2.5, -2.25, -2.0, -1.75, -1.5, -1.25, -1.0, -0.75, -0.5, 0.0, 0.3),
}
LABELS = {
    "mag": "true mean magnitude in G",
    "n_epochs": "epochs in the fit",
    "true_feh": "true [Fe/H], dex",
}
TYPES = ("RRab", "RRc")
COVERAGE, TREND, MOST_WARNED, LEAST_CAUGHT = 0.02, 0.02, 0.20, 0.80
CLUSTERS = {
    "globular clusters have their [Fe/H]": "dex",
    "globular clusters have their distance moduli": "mag",
}
CLUSTER_LIMIT = 0.05


def built(folder: Path, n_stars: int, seed: int) -> Path:
    """Build the catalogue of a simulated survey; give the folder of the candidate."""
    folder = folder / f"seed-{seed}"
    folder.mkdir()
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe_text(ESTIMATORS, n_stars, seed, "curved") + SECTIONS, "utf-8")
    build_catalogue(Request(recipe, folder / "candidate", workers=1))
    return folder / "candidate"


def read(candidate: Path) -> tuple[pl.DataFrame, tuple[Bit, ...]]:
    """Give the stars of a candidate beside their truth, and the bits of its flags."""
    bits = tuple(load("rrl_metallicity")["flags"].bits)
    truth = pl.read_parquet(candidate / "simulated" / "truth.parquet", glob=False)
    learned = pl.read_parquet(candidate / "calibrators.parquet", glob=False)["source_id"]
    catalogue = pl.read_parquet(candidate / "catalogue.parquet", glob=False)
    return compare(catalogue, truth, learned, bits), bits


def keep(stars: pl.DataFrame, bits: tuple[Bit, ...], folder: Path) -> None:
    """Write the tables, and figures of the stars without a warning."""
    folder.mkdir(parents=True, exist_ok=True)
    unwarned = stars.filter(~pl.col("warned"))
    samples = {"all": stars, "no warning": unwarned} | {
        f"{kind}, no warning": unwarned.filter(true_type=kind) for kind in TYPES
    }
    tables = {
        "types": pl.concat(
            recovered(some).select(pl.lit(name).alias("stars"), pl.all())
            for name, some in samples.items()
        ),
        "moduli": pl.concat(
            moduli(some).select(pl.lit(name).alias("stars"), pl.all())
            for name, some in samples.items()
        ),
        "warned": warned(stars),
        "flags": flag_table(stars, bits),
    }
    for column, edges in EDGES.items():
        binned = {
            kind: recovered_by(unwarned.filter(true_type=kind), column, edges) for kind in TYPES
        }
        tables[column] = pl.concat(
            rows.select(pl.lit(kind).alias("type"), pl.all()) for kind, rows in binned.items()
        )
        for name, plot in (("bias", bias_plot), ("coverage", coverage_plot)):
            drawn = plot(binned, label=LABELS[column])
            (folder / f"closed_loop-{name}-{column}.svg").write_bytes(drawn)
    for name, table in tables.items():
        table.write_csv(folder / f"{name}.csv", float_precision=4)


def rows() -> Iterator[Row]:
    given = os.environ.get("RRCAT_CLOSED_LOOP")  # candidates that are there already
    surveys, clusters = [], []
    with tempfile.TemporaryDirectory() as name:
        for at, seed in enumerate(SEEDS):
            folder = Path(given.split(os.pathsep)[at] if given else built(Path(name), STARS, seed))
            stars, bits = read(folder)
            surveys.append(stars.filter(~pl.col("learned")))
            text = (folder / "validation.json").read_text("utf-8")
            checks = {one["name"]: one for one in json.loads(text)["results"]}
            clusters += [(seed, checks[name], unit) for name, unit in CLUSTERS.items()]
    together = pl.concat(surveys, how="diagonal")
    keep(together, bits, HERE / "build" / "closed_loop")
    yield from covered(surveys)
    yield from measured(together, bits)
    for seed, one, unit in clusters:
        yield Row(
            f"seed {seed}: {one['name']}",
            one["detail"].partition(",")[0],
            f"within {CLUSTER_LIMIT:.2f} {unit}",
            one["value"] is not None and abs(one["value"]) <= CLUSTER_LIMIT,
        )


def covered(surveys: list[pl.DataFrame]) -> Iterator[Row]:
    """Yield the coverage of each survey, and of them in the mean."""
    for level, column in ((0.6827, "coverage_68"), (0.95, "coverage_95")):
        found = [float(recovered(stars)[column][0]) for stars in surveys]
        mean = sum(found) / len(found)
        yield Row(
            f"within intervals of {level:.0%}: mean of {len(found)} surveys ("
            + ", ".join(f"{one:.1%}" for one in found)
            + ")",
            f"{mean:.1%}",
            f"within {COVERAGE:.0%}",
            abs(mean - level) <= COVERAGE,
        )


def measured(stars: pl.DataFrame, bits: tuple[Bit, ...]) -> Iterator[Row]:
    """Yield what is found of the truth."""
    unwarned = stars.filter(~pl.col("warned"))
    for name, some in (("all", stars), ("no warning", unwarned)):
        told = recovered(some).row(0, named=True)
        yield Row(
            f"{told['n']:,} stars, {name}: bias, scatter",
            f"{told['bias']:+.3f} ± {told['bias_error']:.3f}, {told['scatter']:.3f} dex",
        )
        yield Row(
            f"{told['n']:,} stars, {name}: within intervals of 68 and 95 %",
            f"{told['coverage_68']:.1%}, {told['coverage_95']:.1%}",
        )
    found = trend(unwarned)
    yield Row(
        "no warning: trend of the bias with magnitude",
        f"{found.slope:+.4f} ± {found.error:.4f} dex/mag",
        f"within {TREND} dex/mag",
        abs(found.slope) <= TREND,
    )
    share = float(stars["warned"].mean())
    yield Row("stars with a warning", f"{share:.1%}", f"≤ {MOST_WARNED:.0%}", share <= MOST_WARNED)
    required = {"wrong": LEAST_CAUGHT}
    words = {
        "far": "RR Lyrae stars beyond 4 errors",
        "peculiar": "of these, stars whose [Fe/H] is unlike their light curves",
        "foreign": "no RR Lyrae stars",
        "wrong": "beyond 4 errors, or no RR Lyrae stars",
        "told": "the same without the peculiar ones",
    }
    for row in warned(stars).iter_rows(named=True):
        least = required.get(row["what"])
        yield Row(
            f"{words[row['what']]}: with a warning",
            f"{row['warned']} of {row['n']}" + (f", {row['caught']:.0%}" if row["n"] else ""),
            "" if least is None else f"≥ {least:.0%}",
            None if least is None else (row["caught"] or 0.0) >= least,
        )
    for row in flag_table(stars, bits).drop_nulls("meant").iter_rows(named=True):
        recall = "" if row["recall"] is None else f", recall {row['recall']:.0%}"
        yield Row(
            f"`{row['flag']}` ({row['n']} stars), meant: {row['meant']} ({row['n_meant']})",
            f"precision {row['precision']:.0%}{recall}",
        )
    told = moduli(unwarned).row(0, named=True)
    yield Row(
        f"{told['n']:,} moduli, no warning: bias, scatter; width of the pulls",
        f"{told['bias']:+.3f}, {told['scatter']:.3f} mag; {told['pull']:.2f}",
    )
