"""A candidate catalogue with everything in it that writers get wrong."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rrcat import atomic
from rrcat.release.about import About
from rrcat.schema import Table, check, load

TEXTS = ["", "x", "RR Lyr", "φ¹ Ori, «naïve»", "𝔖tar ✨", "<&\"'>", " blank ends ", "long " * 40]


def example_frame(table: Table, n_rows: int = 300, seed: int = 0) -> pl.DataFrame:
    """Give a conforming frame with nulls wherever they may be, extreme numbers and odd text."""
    rng = np.random.default_rng(seed)
    columns = []
    for column in table.column:
        if column.dtype == "string":
            texts = list(column.values or TEXTS)
            cells = pl.Series(column.name, [texts[i % len(texts)] for i in range(n_rows)])
        elif column.dtype == "bool":
            cells = pl.Series(column.name, rng.random(n_rows) < 0.5)
        elif column.is_integer:
            cells = integers(column, n_rows, rng)
        elif isinstance(column.polars, pl.Array):
            shape = (n_rows, column.polars.shape[0])
            cells = pl.Series(column.name, rng.normal(size=shape)).cast(column.polars)
        else:
            low, high = column.range or (-1e300, 1e300)
            values = rng.uniform(0, 1, n_rows)
            extremes = [low, high, np.nextafter(low, high), 0.1 if low <= 0.1 <= high else low]
            values = low + values * (min(high, 1e6) - max(low, -1e6))
            values[: len(extremes)] = extremes
            cells = pl.Series(column.name, np.clip(values, low, high)).cast(column.polars)
        if column.nullable and column.name not in table.key:
            kept = pl.Series(rng.random(n_rows) > 0.3)
            cells = pl.select(pl.when(kept).then(cells)).to_series().alias(column.name)
        columns.append(cells.cast(column.polars))
    frame = pl.DataFrame(columns)
    check(frame, table)
    return frame


def integers(column, n_rows, rng):
    bits = int(column.dtype.removeprefix("int"))
    low, high = column.range or (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    low = low + 1 if low == column.null else low
    values = [int(v) for v in rng.integers(low, high, n_rows - 2, endpoint=True)] + [low, high]
    if column.name == "source_id":  # the key: sorted, unique, beyond what a float64 can hold
        values = sorted({*values, high - 1, 2**53 + 1})[-n_rows:]
    return pl.Series(column.name, values, dtype=column.polars)


ABOUT = {
    "name": "rrl-example",
    "title": "Metallicities of simulated RR Lyrae stars, φ31 & more",
    "scale": "C21",
    "time_system": {"scale": "TCB", "reference_position": "BARYCENTER", "origin_jd": 2455197.5},
    "coordinates": {"system": "ICRS", "epoch": "J2000.0"},
    "reference": [
        "Dékány, Grebel & Pojmański 2021, ApJ 920, 33: metallicities of RR Lyrae stars from I-band"
        " light curves",
        "Crestani et al. 2021, ApJ 908, 20",
    ],
}
TINY_SCHEMA = """\
name = "tiny"
version = "1.0.0"
description = "A table of every type there is."
key = ["source_id"]
sort = ["source_id"]
"""


def about(version: str = "1.0.0", date: str | None = None) -> About:
    return About.of(ABOUT, version, date)


def write_candidate(folder: Path, frame: pl.DataFrame, **changes: object) -> Path:
    """Write a candidate folder as `rrcat build` leaves it; ``changes`` go into candidate.json."""
    table = load("rrl_metallicity")
    recipes = folder.parent / f"{folder.name}-recipe"
    recipes.mkdir(parents=True, exist_ok=True)
    (folder / "bundles" / "literature-relations").mkdir(parents=True)
    (folder / "bundles" / "literature-relations" / "bundle.toml").write_text('id = "x"\n')
    recipe = '[catalogue]\nname = "rrl-example"\n\n[[estimator]]\nid = "literature-relations"\n'
    (folder / "recipe.toml").write_text(recipe)
    (recipes / "recipe.toml").write_text(recipe)
    frame.write_parquet(folder / "catalogue.parquet")
    (folder / "account.json").write_text('{"stars": 300}\n')
    files = ["recipe.toml", "catalogue.parquet", "account.json"]
    files.append("bundles/literature-relations/bundle.toml")
    facts = ABOUT | {
        "schema": table.name,
        "schema_version": table.version,
        "n_rows": frame.height,
        "seed": 0,
        "recipe": {"catalogue": {"name": "rrl-example", "title": ABOUT["title"]}},
        "recipe_sha256": atomic.sha256(folder / "recipe.toml"),
        "inputs": [{"name": "light_curves.parquet", "sha256": "ab" * 32, "size": 123}],
        "estimators": [
            {
                "id": "literature-relations",
                "version": "1.0.0",
                "distribution": "rrcat-relations",
                "distribution_version": "0.1.0",
                "params": {"relation": "muraveva25"},
            }
        ],
        "versions": {"rrcat": "0.1.0", "polars": "2.1.0", "numpy": "2.4.6"},
        "adql": ["SELECT * FROM gaiadr3.vari_rrlyrae WHERE pf > 0.2"],
        "validation": [{"name": "every star has a row", "passed": True, "detail": "300 of 300"}],
        "files": {name: atomic.sha256(folder / name) for name in files},
    }
    facts |= changes
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
    (folder / "candidate.json").write_text(text)
    run = {"recipe_path": str(recipes / "recipe.toml"), "workers": 1}
    (folder / "run.json").write_text(json.dumps(run))
    return folder


@pytest.fixture(scope="session")
def table() -> Table:
    return load("rrl_metallicity")


@pytest.fixture(scope="session")
def frame(table) -> pl.DataFrame:
    return example_frame(table)


@pytest.fixture
def candidate(tmp_path, frame) -> Path:
    return write_candidate(tmp_path / "candidate", frame)


def tool(name: str) -> str:
    """Give the path of an outside program; where it must be there, its absence fails the test."""
    path = shutil.which(name)
    if path is None:
        message = f"{name} is not installed (Debian package {name})"
        if os.environ.get("RRCAT_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return path
