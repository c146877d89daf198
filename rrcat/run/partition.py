"""How the stars are cut into units of work."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray


class Unit(Protocol):
    """A unit of work: what it is called on disk, and how many stars it is."""

    @property
    def name(self) -> str:
        """A name without dots, its own among the units of a stage."""
        ...

    @property
    def n_stars(self) -> int:
        """Stars to work on, for progress."""
        ...


AnyUnit = TypeVar("AnyUnit", bound=Unit)


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
