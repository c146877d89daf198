"""How soon a catalogue of the size of Gaia's is written, beside astropy's own writers.

astropy's writers lose nulls (see docs), so equal accuracy cannot be asked of them: they get the
same cells with masks, and are measured for speed alone.
"""

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
from astropy.table import Column, MaskedColumn
from astropy.table import Table as AstropyTable
from run import Row

from rrcat.release.about import About
from rrcat.release.fits import write_fits
from rrcat.release.parquet import write_parquet
from rrcat.release.votable import write_votable
from rrcat.schema import Table, check, load

N_ROWS = 270_905
TIMES_FASTER = 10
ABOUT = About(
    name="benchmark",
    title="Random numbers",
    version="1.0.0",
    scale="C21",
    date=None,
    reference=(),
    time_scale="TCB",
    reference_position="BARYCENTER",
    origin_jd=2455197.5,
    coordinate_system="ICRS",
    coordinate_epoch="J2016.0",
)


def catalogue(table: Table) -> pl.DataFrame:
    """Give a conforming catalogue with a fifth of its cells null."""
    rng = np.random.default_rng(0)
    cells = []
    for column in table.column:
        low, high = column.range or (0, 1)
        if column.name == "source_id":
            values = pl.Series(np.sort(rng.choice(2**62, N_ROWS, replace=False)))
        elif column.name == "archive_id":
            values = pl.Series([f"Gaia DR3 {number:019d}" for number in range(N_ROWS)])
        elif column.dtype == "string":
            words = list(column.values or ("G", "C21", "literature-relations"))
            values = pl.Series(words).gather(rng.integers(len(words), size=N_ROWS))
        elif column.is_integer:
            values = pl.Series(rng.integers(low, high, N_ROWS, endpoint=True))
        else:
            values = pl.Series(rng.uniform(low, high, N_ROWS))
        if column.nullable:
            kept = pl.Series(rng.random(N_ROWS) > 0.2)
            values = pl.select(pl.when(kept).then(values)).to_series()
        cells.append(values.cast(column.polars).alias(column.name))
    frame = pl.DataFrame(cells)
    check(frame, table)
    return frame


def in_astropy(frame: pl.DataFrame, table: Table) -> AstropyTable:
    columns = []
    for column in table.column:
        series = frame[column.name]
        fill = "" if column.dtype == "string" else 0
        values = series.fill_null(fill).to_numpy()
        values = values.astype(str) if column.dtype == "string" else values
        if column.nullable:
            mask = series.is_null().to_numpy()
            columns.append(MaskedColumn(values, name=column.name, mask=mask))
        else:
            columns.append(Column(values, name=column.name))
    return AstropyTable(columns)


def seconds(write: Callable[[Path], object], path: Path) -> float:
    started = time.perf_counter()
    write(path)
    return time.perf_counter() - started


def rows() -> Iterator[Row]:
    table = load("rrl_metallicity")
    frame = catalogue(table)
    peer = in_astropy(frame, table)
    ours = {"VOTable": write_votable, "FITS": write_fits, "Parquet": write_parquet}
    theirs = {
        "VOTable": lambda path: peer.write(path, format="votable", tabledata_format="binary2"),
        "FITS": lambda path: peer.write(path, format="fits"),
    }
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for form, writer in ours.items():
            path = Path(folder) / f"ours.{form.lower()}"
            # The best of three, since one write may wait for the disk.
            taken = []
            for _ in range(3):
                path.unlink(missing_ok=True)
                taken.append(seconds(lambda path: writer(frame, table, ABOUT, path), path))  # noqa: B023
            what = f"{form} of {N_ROWS:,} rows, {len(table.column)} columns"
            if form not in theirs:
                yield Row(what, f"{min(taken):.2f} s")
                continue
            peer_taken = seconds(theirs[form], Path(folder) / f"theirs.{form.lower()}")
            required = form == "VOTable"
            yield Row(
                what,
                f"{min(taken):.2f} s; astropy {peer_taken:.1f} s",
                f"{TIMES_FASTER} times faster" if required else "",
                peer_taken > TIMES_FASTER * min(taken) if required else None,
            )
