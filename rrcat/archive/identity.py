"""Integer identifiers for stars that the archive names in words only."""

import hashlib

import polars as pl

from rrcat.errors import ArchiveError

NO_ID = 2**63 - 1


def source_id(survey: str, archive_id: str) -> int:
    """Give the ``source_id`` of a star: the first 63 bits of BLAKE2b of survey and archive_id.

    The two are joined by a NUL, so that no two pairs make one text. The number that stands for
    a missing identifier, 2⁶³ − 1, becomes 0.
    """
    digest = hashlib.blake2b(f"{survey}\0{archive_id}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 1) % NO_ID


def identifiers(survey: str, archive_ids: pl.Series) -> pl.DataFrame:
    """Give ``archive_id`` and ``source_id`` of each distinct star, sorted by ``source_id``.

    Raises
    ------
    ArchiveError
        Two stars get one number.
    """
    names = archive_ids.unique().sort()
    numbers = [source_id(survey, name) for name in names]
    both = pl.DataFrame(
        {"archive_id": names, "source_id": numbers}, schema_overrides={"source_id": pl.Int64}
    ).sort("source_id", "archive_id")
    twice = both.filter(pl.col("source_id").is_duplicated())
    if twice.height:
        raise ArchiveError(
            f"{twice['archive_id'][0]!r} and {twice['archive_id'][1]!r} get one source_id",
            star=twice["source_id"][0],
            hint="write another `survey` in the recipe: it enters the number",
        )
    return both
