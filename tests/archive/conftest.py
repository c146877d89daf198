"""A small archive of three stars, to be spoilt in many ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rrcat.archive import FilesArchive, Ingest, read_files
from rrcat.errors import RrcatError

STAR_COLUMNS = {"source_id": "source_id", "period": "period", "pulsation_type": "type"}
CURVE_COLUMNS = {"source_id": "source_id", "time": "time", "mag": "mag", "band": {"value": "G"}}


@pytest.fixture
def stars() -> pl.DataFrame:
    return pl.DataFrame(
        {"source_id": [11, 12, 13], "period": [0.5, 0.6, 0.31], "type": ["RRab", "RRab", "RRc"]}
    )


@pytest.fixture
def curves() -> pl.DataFrame:
    number = np.arange(36)
    return pl.DataFrame(
        {
            "source_id": 11 + number // 12,
            "time": 1700.0 + number % 12 * 3.7,
            "mag": 15.0 + 0.01 * number,
        }
    )


Archive = Callable[..., FilesArchive]


@pytest.fixture
def archive(tmp_path: Path, stars: pl.DataFrame, curves: pl.DataFrame) -> Archive:
    """Give a function that writes the files and gives their configuration.

    ``stars``, ``light_curves`` and ``features`` are frames; ``star_table`` and so on add to or
    replace parts of their sections; the rest goes to ``[archive]``.
    """

    def make(
        *,
        star_table: dict[str, Any] | None = None,
        curve_table: dict[str, Any] | None = None,
        feature_table: dict[str, Any] | None = None,
        **more: Any,
    ) -> FilesArchive:
        more.pop("stars", stars).write_csv(tmp_path / "stars.csv")
        more.pop("light_curves", curves).write_parquet(tmp_path / "light_curves.parquet")
        sections = {
            "stars": {"file": "stars.csv", "columns": STAR_COLUMNS} | (star_table or {}),
            "light_curves": {"file": "light_curves.parquet", "columns": CURVE_COLUMNS}
            | (curve_table or {}),
        }
        if "features" in more:
            more.pop("features").write_parquet(tmp_path / "features.parquet")
            sections["features"] = {"file": "features.parquet"} | (feature_table or {})
        return FilesArchive.model_validate({"kind": "files"} | sections | more)

    return make


@pytest.fixture
def ingested(archive: Archive, tmp_path: Path) -> Callable[..., Ingest]:
    return lambda **changes: read_files(archive(**changes), tmp_path)


@pytest.fixture
def refused(archive: Archive, tmp_path: Path) -> Callable[..., str]:
    """Give a function that ingests a spoilt archive and gives the message of the error."""

    def told(**changes: Any) -> str:
        config = archive(**changes)
        with pytest.raises(RrcatError) as caught:
            read_files(config, tmp_path)
        return str(caught.value)

    return told
