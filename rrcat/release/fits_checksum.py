"""The checksum of FITS 4.0 (section 4.4.2.7 and appendix J), of data of any length."""

from collections.abc import Iterable

import numpy as np

ONES = 0xFFFFFFFF


def ones_complement_sum(chunks: Iterable[bytes | bytearray], start: int = 0) -> int:
    """Give the 32-bit ones' complement sum of data, added to one that is known.

    Parameters
    ----------
    chunks
        The data; the length of each is a multiple of 4, as that of FITS blocks is.
    start
        The sum of what comes before.
    """
    total = start
    for chunk in chunks:
        total += int(np.frombuffer(chunk, dtype=">u4").sum(dtype=np.uint64))
    # Carries are added at the low end; a sum that is not nought never becomes nought.
    return (total - 1) % ONES + 1 if total else 0


def encoded(value: int) -> str:
    """Give 32 bits as the 16 letters of ``CHECKSUM``, of which none is a sign of punctuation."""
    columns = []
    for shift in (24, 16, 8, 0):
        quarter, rest = divmod(value >> shift & 0xFF, 4)
        letters = [ord("0") + quarter + rest, *3 * [ord("0") + quarter]]
        for one, other in ((0, 1), (2, 3)):
            while not (chr(letters[one]).isalnum() and chr(letters[other]).isalnum()):
                letters[one] += 1
                letters[other] -= 1
        columns.append(letters)
    in_order = [column[place] for place in range(4) for column in columns]
    return bytes(in_order[-1:] + in_order[:-1]).decode("ascii")
