"""The networks: how fast they predict, in how much memory, and whether a seed settles everything.

Speed is that of two processes with one thread each, as a build on two cores has them, each with
half of the stars, in the blocks of a build. It does not depend on what was learned, so the models
have learned for two epochs only; their sizes are the default ones.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from robustness import observed
from run import Row

from rrcat.estimator import StarBatch, discover, load_bundle, save_bundle
from rrcat.lightcurve import sequences
from rrcat.run.executor import ONE_THREAD
from rrcat.testing import synthetic_batch

IDS = ("keras-lstm", "keras-transformer")
N_PREDICTED = 270_905
N_EPOCHS = 45
N_LEARNED = 150
BLOCK = 5_000
PROCESSES = 2
LIMIT = 150.0  # s
# What a process may take between its first blocks and its last [GB].
GROWTH = 0.1


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        for id in IDS:
            yield from of(id, Path(folder))


def of(id: str, folder: Path) -> Iterator[Row]:
    bundles = [folder / f"{id}-{number}" for number in range(2)]
    finished([started("learn", id, str(bundle)) for bundle in bundles])
    same = contents(bundles[0]) == contents(bundles[1])
    yield Row(
        f"{id}, learned twice with one seed: bundles",
        "the same bytes" if same else "differ",
        "the same bytes",
        same,
    )
    share = -(-N_PREDICTED // PROCESSES)
    told = finished([started("predict", str(bundles[0]), str(share)) for _ in range(PROCESSES)])
    seconds, wall = (max(one[name] for one in told) for name in ("seconds", "wall"))
    yield Row(
        f"{id}, predicting {N_PREDICTED:,} stars of {N_EPOCHS} epochs, {PROCESSES} processes",
        f"{seconds:.0f} s of each core, {wall:.0f} s by the clock",
        f"≤ {LIMIT:.0f} s of a core",
        seconds <= LIMIT,
    )
    memory, growth = (max(one[name] for one in told) for name in ("memory", "growth"))
    yield Row(
        f"{id}, peak memory of each process, and how much of it came after two blocks",
        f"{memory:.2f} GB, {growth:.2f} GB",
        f"growth ≤ {GROWTH} GB",
        growth <= GROWTH,
    )
    apart = max(one["apart"] for one in told)
    yield Row(
        f"{id}, a block together and in parts: largest difference",
        f"{apart:g} dex",
        "0",
        apart == 0.0,
    )


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, *arguments],
        env={**os.environ, **dict.fromkeys(ONE_THREAD, "1")},
        stdout=subprocess.PIPE,
        text=True,
    )


def finished(processes: list[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    """Give what each process printed."""
    printed = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError("a process of the benchmark failed, see above")
    return [json.loads(one) for one in printed]


def contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def learn(id: str, bundle: str) -> dict[str, Any]:
    batch, calibrators = synthetic_batch(N_LEARNED, seed=1, bands=["G"])
    batch = StarBatch(batch.stars, features=batch.features, sequences=batch.sequences)
    save_bundle(
        discover().estimator(id, {"epochs": 2}).fit(batch, calibrators, seed=0),
        Path(bundle),
        golden=batch.only(batch.stars["source_id"].head(16)),
        seed=0,
        settings={},
        training_set_sha256="",
        metrics={},
    )
    return {}


def predict(bundle: str, number: str) -> dict[str, Any]:
    """Give what it takes to predict so many stars, block by block."""
    model, block = load_bundle(Path(bundle)), a_block()
    left, blocks, early = int(number), 0, 0.0
    # The time of the core is the same however busy the machine is with other work.
    clocks = time.process_time, time.perf_counter
    began = [clock() for clock in clocks]
    while left:
        part = block if left >= BLOCK else block.only(block.stars["source_id"].head(left))
        answer = model.predict(part)
        assert answer["status"].unique().to_list() == ["ok"]
        left -= len(part)
        blocks += 1
        if blocks == 2:
            early = peak()
    seconds, wall = (clock() - start for clock, start in zip(clocks, began, strict=True))
    late = peak()
    whole = model.predict(block)
    ids = whole["source_id"]
    cut = [ids[:17], ids[17:1_000], ids[1_000:]]
    parts = pl.concat(model.predict(block.only(some)) for some in cut)
    apart = (whole["feh"] - parts["feh"]).abs().max()
    return {
        "seconds": seconds,
        "wall": wall,
        "memory": late,
        "growth": late - early,
        "apart": apart,
    }


def a_block() -> StarBatch:
    """Give a block of stars of 45 epochs, two thirds RRab: some hundred, over and over."""
    batch, _ = synthetic_batch(300, seed=2, bands=["G"])
    assert batch.features is not None
    light_curves = observed(batch.features.with_columns(n_observations=pl.lit(N_EPOCHS)), seed=2)
    folded = sequences(light_curves, batch.features)
    assert folded["n_points"].unique().to_list() == [N_EPOCHS]
    copies = pl.DataFrame({"copy": range(-(-BLOCK // len(batch)))}, schema={"copy": pl.Int64})
    ids = pl.col("source_id") + pl.lit(1_000_000) * pl.col("copy")

    def many(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(copies, how="cross").with_columns(source_id=ids).drop("copy")

    stars = many(batch.stars).sort("source_id").head(BLOCK)
    whole = StarBatch(stars, features=many(batch.features), sequences=many(folded))
    return whole.only(stars["source_id"])


def peak() -> float:
    """Give the peak of this process's memory [GB]."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (told,) = (line for line in lines if line.startswith("VmHWM"))
    return int(told.split()[1]) * 1024 / 1e9


if __name__ == "__main__":
    print(json.dumps({"learn": learn, "predict": predict}[sys.argv[1]](*sys.argv[2:])))
