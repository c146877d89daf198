"""Partitions hold every star once, in order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rrcat.run.partition import partitions


@given(st.sets(st.integers(0, 2**63 - 2), min_size=1, max_size=60), st.integers(1, 70))
def test_every_star_is_in_exactly_one_partition(ids: set[int], size: int) -> None:
    source_ids = np.array(sorted(ids), dtype=np.int64)
    cut = partitions(source_ids, size)
    held = [source_id for part in cut for source_id in ids if part.first <= source_id <= part.last]
    assert sorted(held) == source_ids.tolist()
    assert [part.n_stars for part in cut[:-1]] == [size] * (len(cut) - 1)
    assert sum(part.n_stars for part in cut) == len(ids)


def test_partitions_of_other_sizes_have_other_names() -> None:
    source_ids = np.arange(10)
    assert {p.name for p in partitions(source_ids, 5)}.isdisjoint(
        p.name for p in partitions(source_ids, 4)
    )
