"""How the stars are cut into units of work."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Partition:
    """A run of consecutive stars: every ``source_id`` from ``first`` to ``last``."""

    index: int
    first: int
    last: int
    n_stars: int

    @property
    def name(self) -> str:
        """A name that tells the stars apart, whatever the size of the partitions."""
        return f"{self.first}-{self.last}-{self.n_stars}"


def partitions(source_ids: NDArray[np.int64], size: int) -> list[Partition]:
    """Cut sorted source ids, shape ``(n_stars,)``, into partitions of ``size`` stars."""
    cuts = [source_ids[start : start + size] for start in range(0, len(source_ids), size)]
    return [Partition(index, int(ids[0]), int(ids[-1]), len(ids)) for index, ids in enumerate(cuts)]
