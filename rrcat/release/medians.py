"""Exact medians of more numbers than memory holds, which are given again a few times.

Floats that are not negative stand in the order of their bits. So the middle one is found like a
word in a dictionary: numbers are counted by their first 16 bits, those of the right 16 by the next,
and so on, until so few are left that they can be held.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FEW = 1 << 16
"""Numbers that are held; more are counted."""

DIGIT = 16


class Median:
    """The median of numbers that are not negative, in at most four passes over them.

    A pass is calls of :meth:`add` with all numbers, in any pieces and order, and one of
    :meth:`end_pass`.
    """

    def __init__(self) -> None:
        self._searches = [_Search()]
        self._middle: dict[int, float] = {}

    def add(self, numbers: NDArray[np.float64]) -> None:
        """Take some of the numbers ``(n,)`` of a pass."""
        keys = np.abs(numbers).view(np.uint64)  # zero without its sign
        for search in self._searches:
            search.add(keys)

    def end_pass(self) -> None:
        """Find the median, or what is counted in the next pass."""
        asked = [search for search in self._searches if search.n]
        if asked and not asked[0].ranks:
            n = asked[0].n
            asked[0].ranks = {0: n // 2} if n % 2 else {0: n // 2 - 1, 1: n // 2}
        self._searches = []
        for search in asked:
            for place, rank in search.ranks.items():
                found = search.narrowed(place, rank)
                if isinstance(found, _Search):
                    self._searches.append(found)
                else:
                    self._middle[place] = found

    @property
    def is_known(self) -> bool:
        """Whether no pass is needed any more."""
        return not self._searches

    @property
    def value(self) -> float | None:
        """The median, of an even number the mean of the middle two; None of no number."""
        return float(np.median(list(self._middle.values()))) if self._middle else None


@dataclass
class _Search:
    """Numbers whose first bits are known: held while they are few, else counted by the next ones.

    ``ranks`` are the places, among them and in ascending order, of those that are looked for.
    """

    ranks: dict[int, int] = field(default_factory=dict)
    first: int = 0
    left: int = 64
    n: int = 0
    held: list[NDArray[np.uint64]] = field(default_factory=list)
    counts: NDArray[np.int64] | None = None

    def add(self, keys: NDArray[np.uint64]) -> None:
        if self.left < 64:
            keys = keys[(keys >> np.uint64(self.left)) == self.first]
        self.n += keys.size
        if self.counts is None:
            self.held.append(keys)
            if self.n <= FEW:
                return
            keys, self.held = np.concatenate(self.held), []
            self.counts = np.zeros(1 << DIGIT, dtype=np.int64)
        digits = (keys >> np.uint64(self.left - DIGIT)) & np.uint64((1 << DIGIT) - 1)
        self.counts += np.bincount(digits.astype(np.int64), minlength=1 << DIGIT)

    def narrowed(self, place: int, rank: int) -> "_Search | float":
        """Give the number of a rank, or the search for it that is left to do."""
        if self.counts is None:
            return _number(int(np.sort(np.concatenate(self.held))[rank]))
        up_to = np.cumsum(self.counts)
        digit = int(np.searchsorted(up_to, rank, side="right"))
        first, left = self.first << DIGIT | digit, self.left - DIGIT
        if not left:
            return _number(first)
        return _Search({place: rank - int(up_to[digit] - self.counts[digit])}, first, left)


def _number(key: int) -> float:
    return float(np.uint64(key).view(np.float64))


class Medians:
    """Medians of several sets of numbers, each of which has a key."""

    def __init__(self) -> None:
        self._all: dict[Hashable, Median] = {}

    def wants(self, key: Hashable) -> bool:
        """Whether the numbers of a key are asked for once more."""
        return key in self._all and not self._all[key].is_known

    def add(self, key: Hashable, numbers: NDArray[np.float64]) -> None:
        """Take some of the numbers ``(n,)`` of a key in this pass."""
        self._all.setdefault(key, Median()).add(numbers)

    def end_pass(self) -> bool:
        """Find what can be found; give whether another pass is needed."""
        for median in self._all.values():
            median.end_pass()
        return not all(median.is_known for median in self._all.values())

    def of(self, key: Hashable) -> float | None:
        """Give the median of a key; None where it has no numbers."""
        return self._all[key].value if key in self._all else None
