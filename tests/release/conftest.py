"""A candidate catalogue with everything in it that writers get wrong."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import strategies as st

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.release.about import About
from rrcat.release.publish import publish
from rrcat.schema import Column, Table, check, expanded, load, read

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
    "scale_definition": "High-resolution spectroscopy of RR Lyrae stars by Crestani et al. 2021"
    " (Crestani et al. 2021, ApJ 908, 20)",
    "time_system": {"scale": "TCB", "reference_position": "BARYCENTER", "origin_jd": 2455197.5},
    "coordinates": {"system": "ICRS", "epoch": "J2000.0"},
    "reference": [
        "Dékány, Grebel & Pojmański 2021, ApJ 920, 33: metallicities of RR Lyrae stars from I-band"
        " light curves",
        "Crestani et al. 2021, ApJ 908, 20",
    ],
}
EVERY_TYPE = """
name = "every_type"
version = "1.0.0"
description = "A table with a column of every type there is."
key = ["source_id"]
sort = ["source_id"]
[[column]]
name = "source_id"
dtype = "int64"
ucd = "meta.id;meta.main"
description = "Identifier of the star."
nullable = false
[[column]]
name = "ra"
dtype = "float64"
unit = "deg"
ucd = "pos.eq.ra;meta.main"
description = "Right ascension, with <, > and & in its text."
[[column]]
name = "epoch"
dtype = "float64"
unit = "d"
ucd = "time.epoch"
description = "Time of maximum light."
[[column]]
name = "mag"
dtype = "float32"
unit = "mag"
ucd = "phot.mag"
description = "Magnitude in single precision."
[[column]]
name = "small"
dtype = "int16"
ucd = "meta.number"
description = "A small number."
null = -32768
[[column]]
name = "number"
dtype = "int32"
ucd = "meta.number"
description = "A number whose null value is not the least there is."
null = 999999
[[column]]
name = "large"
dtype = "int64"
ucd = "meta.number"
description = "A large number."
null = -9223372036854775808
[[column]]
name = "maybe"
dtype = "bool"
ucd = "meta.code"
description = "A truth that may be missing."
[[column]]
name = "surely"
dtype = "bool"
ucd = "meta.code"
description = "A truth that is never missing."
nullable = false
[[column]]
name = "words"
dtype = "string"
ucd = "meta.note"
description = "Any words."
[[column]]
name = "kind"
dtype = "string"
ucd = "src.class"
description = "One of two words."
values = ["ab", "c"]
[[column]]
name = "pair"
dtype = "float32[2]"
unit = "mag"
ucd = "phot.mag"
description = "Two numbers."
[[column]]
name = "triple"
dtype = "float64[3]"
ucd = "stat.covariance"
description = "Three numbers without unit."
"""


def cells_of(column: Column) -> st.SearchStrategy:
    """Any cell the column may hold, in every format: extreme numbers, odd text, null."""
    if column.values:
        cells = st.sampled_from(column.values)
    elif column.dtype == "string":
        cells = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
    elif column.dtype == "bool":
        cells = st.booleans()
    elif column.is_integer:
        bits = int(column.dtype.removeprefix("int"))
        whole = st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        cells = whole.filter(lambda cell: cell != column.null)
    else:
        width = 32 if column.dtype.startswith("float32") else 64
        cells = st.floats(width=width, allow_nan=False, allow_infinity=False)
        if isinstance(column.polars, pl.Array):
            length = column.polars.shape[0]
            cells = st.lists(cells | st.none(), min_size=length, max_size=length)
    return cells | st.none() if column.nullable else cells


@st.composite
def frames_of(draw: st.DrawFn, table: Table) -> pl.DataFrame:
    """Any conforming frame of a table, the empty one included."""
    keys = sorted(draw(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=5)))
    columns = [pl.Series("source_id", keys, dtype=pl.Int64)]
    for column in table.column[1:]:
        some = draw(st.lists(cells_of(column), min_size=len(keys), max_size=len(keys)))
        columns.append(pl.Series(column.name, some, dtype=column.polars))
    frame = pl.DataFrame(columns)
    check(frame, table)
    return frame


BUNDLE = """
format = 1
api = 1
estimator = "literature-relations"
estimator_version = "1.0.0"
scale = "C21"
reference = []
seed = 0
training_set_sha256 = ""
[params]
[settings]
[metrics]
[versions]
rrcat = "0.1.0"
"""


def listed(bundle: Path) -> str:
    """Give what a bundle.toml says of the files beside it."""
    return "".join(
        f'[files."{path.name}"]\nsha256 = "{atomic.sha256(path)}"\nsize = {path.stat().st_size}\n'
        for path in sorted(bundle.iterdir())
    )


def write_candidate(folder: Path, frame: pl.DataFrame, **changes: object) -> Path:
    """Write a candidate folder as `rrcat build` leaves it; ``changes`` go into candidate.json."""
    table = load("rrl_metallicity")
    recipes = folder.parent / f"{folder.name}-recipe"
    recipes.mkdir(parents=True, exist_ok=True)
    (folder / "bundles" / "literature-relations").mkdir(parents=True)
    bundle = folder / "bundles" / "literature-relations"
    (bundle / "golden.parquet").write_bytes(b"golden")
    (bundle / "golden_stars.parquet").write_bytes(b"stars")
    (bundle / "bundle.toml").write_text(BUNDLE + listed(bundle))
    recipe = '[catalogue]\nname = "rrl-example"\n\n[[estimator]]\nid = "literature-relations"\n'
    (folder / "recipe.toml").write_text(recipe)
    (recipes / "recipe.toml").write_text(recipe)
    frame.write_parquet(folder / "catalogue.parquet")
    (folder / "account.json").write_text('{"stars": 300}\n')
    files = ["recipe.toml", "catalogue.parquet", "account.json"]
    files += [f"bundles/literature-relations/{path.name}" for path in sorted(bundle.iterdir())]
    resolved = {"catalogue": {"name": "rrl-example", "title": ABOUT["title"]}}
    facts = ABOUT | {
        "schema": table.name,
        "schema_version": table.version,
        "n_rows": frame.height,
        "seed": 0,
        "recipe": resolved,
        "recipe_sha256": hashlib.sha256(json_bytes(resolved)).hexdigest(),
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
def every_type(tmp_path_factory) -> Table:
    """A table with a column of every type."""
    path = tmp_path_factory.mktemp("schema") / "every_type.toml"
    path.write_text(EVERY_TYPE)
    return read(path)


@pytest.fixture(scope="session")
def any_frame(every_type) -> st.SearchStrategy:
    return frames_of(every_type)


@pytest.fixture(scope="session")
def frame(table) -> pl.DataFrame:
    return example_frame(table)


@pytest.fixture(scope="session")
def own_columns(table, frame):
    """Give the rows with columns of their own for some estimators: ``own_columns(*ids)``."""

    def make(*ids: str) -> pl.DataFrame:
        wide = expanded(table, ids)
        return frame.select(pl.col(column.stem).alias(column.name) for column in wide.column)

    return make


@pytest.fixture(scope="session")
def about() -> About:
    return About.of(ABOUT, "1.2.3", None)


@pytest.fixture(scope="session")
def owned(about) -> About:
    """What a catalogue says whose authors, rights and survey are known."""
    return replace(about, authors=("Doe, Jane", "Dékány, I."), rights="CC-BY-4.0", survey="ASAS")


@pytest.fixture(scope="session")
def make_candidate(frame):
    """Write a candidate: ``make_candidate(folder, frame, **changes of candidate.json)``."""

    def make(folder: Path, rows: pl.DataFrame = frame, **changes: object) -> Path:
        return write_candidate(folder, rows, **changes)

    return make


@pytest.fixture
def candidate(tmp_path, make_candidate) -> Path:
    return make_candidate(tmp_path / "candidate")


@pytest.fixture(scope="session")
def tool():
    """Give the path of an outside program; where it must be there, its absence fails the test."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            package = {"ssh-keygen": "openssh-client"}.get(name, name)
            message = f"{name} is not installed (Debian package {package})"
            if os.environ.get("RRCAT_REQUIRE_DATA") == "1":
                pytest.fail(message)
            pytest.skip(message)
        return path

    return find


@pytest.fixture(scope="session")
def make_key(tool, tmp_path_factory):
    """Make a key of SSH without a passphrase, and give the private one."""

    def make(kind: str = "ed25519") -> Path:
        path = tmp_path_factory.mktemp("key") / f"id_{kind}"
        command = [tool("ssh-keygen"), "-q", "-t", kind, "-N", "", "-C", "tests", "-f", str(path)]
        subprocess.run(command, check=True)
        return path

    return make


@pytest.fixture(scope="session")
def ssh_key(make_key):
    return make_key()


@pytest.fixture(scope="session")
def other_ssh_key(make_key):
    return make_key()


@pytest.fixture(scope="module")
def browser(tool, tmp_path_factory):
    """One page of a headless Chromium."""
    place = Path(__file__).with_name("browser.py")
    description = importlib.util.spec_from_file_location("release_browser", place)
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    opened = module.Browser(tool("chromium"), tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def read_stilts(tool):
    """Read a table through STILTS, every cell as text, an empty one as null."""
    stilts = tool("stilts")

    def run(path: Path, *commands: str) -> pl.DataFrame:
        steps = [f"cmd={command}" for command in commands]
        done = subprocess.run(
            [stilts, "tpipe", f"in={path}", *steps, "omode=out", "ofmt=csv"],
            capture_output=True,
            check=True,
        )
        return pl.read_csv(done.stdout, infer_schema=False).rename(str.lower)

    return run


@pytest.fixture(scope="session")
def released(tmp_path_factory, make_candidate) -> Path:
    """A dated release whose authors and rights are known; its files are read-only."""
    folder = tmp_path_factory.mktemp("released")
    candidate = make_candidate(
        folder / "candidate", authors=["Doe, Jane", "Dékány, I."], rights="CC-BY-4.0"
    )
    return publish(candidate, "1.2.3", into=folder / "releases", date="2026-12-01")
