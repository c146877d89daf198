"""The two networks: from a star's points to its metallicity and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rrcat_keras.backend import keras
from rrcat_keras.layers import (
    Block,
    Encoding,
    Gaps,
    KernelAttention,
    Mean,
    Places,
    Start,
    Sums,
    WithError,
    WithSize,
    Wrapping,
    dense,
    dropout,
    flat,
    joined,
    normalisation,
    recurrent,
)

Tensor = Any

# Harmonics of the sums from which a straight line leads to the output.
_SUMS = 6
# Numbers of each anchor that go into the summary.
_KEPT = 8


@dataclass(frozen=True)
class Reads:
    """What a network reads and how much it gives: the shapes of its inputs and outputs.

    ``width`` points a star, of ``bands`` bands, with ``errors`` or without; ``coefficients``
    numbers of the second input, or 0; ``size_mean`` and ``size_width`` scale the logarithm of the
    number of observations. ``auxiliary`` outputs come after value and error.
    """

    width: int
    bands: int
    errors: bool
    coefficients: int
    auxiliary: int
    size_mean: float
    size_width: float

    @property
    def heads(self) -> int:
        """Number of answers: one from the points, and one from the coefficients."""
        return 2 if self.coefficients else 1


@dataclass(frozen=True)
class LstmSizes:
    """Sizes of the recurrent network, as :class:`rrcat_keras.params.LstmParams` names them."""

    units: int
    layers: int
    wrapped: int
    width: int
    harmonics: int
    dropout: float


@dataclass(frozen=True)
class TransformerSizes:
    """Sizes of the Transformer, as :class:`rrcat_keras.params.TransformerParams` names them."""

    width: int
    layers: int
    heads: int
    anchors: int
    concentrations: tuple[float, ...]
    harmonics: int
    dropout: float


Sizes = LstmSizes | TransformerSizes
KINDS: dict[str, type[Sizes]] = {"lstm": LstmSizes, "transformer": TransformerSizes}


@dataclass(frozen=True)
class Architecture:
    """All that it takes to build a network again."""

    reads: Reads
    sizes: Sizes

    def as_plain(self) -> dict[str, Any]:
        """Give the architecture as plain data, for JSON."""
        (kind,) = (name for name, sizes in KINDS.items() if isinstance(self.sizes, sizes))
        return {"kind": kind, "reads": asdict(self.reads), "sizes": asdict(self.sizes)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Architecture:
        """Give the architecture that :meth:`as_plain` gave."""
        sizes: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in plain["sizes"].items()
        }
        return cls(Reads(**plain["reads"]), KINDS[plain["kind"]](**sizes))


def build(architecture: Architecture, seed: int) -> Any:
    """Give a Keras model that starts from a seed.

    It takes a dict of arrays, those of :meth:`rrcat_keras.points.Representation.inputs` and
    ``coefficients`` ``(n, reads.coefficients)`` where it reads them, and gives ``(n, 2 *
    reads.heads + reads.auxiliary)``: of each head [Fe/H] less the mean of the training stars and
    its error [dex]; then the second target.

    The heads share nothing: what reads the coefficients soon fits better than what has to find them
    in the points, and would keep that from learning. What they get wrong differs, so their mean is
    better than either.
    """
    start = Start(seed)
    reads, sizes = architecture.reads, architecture.sizes
    inputs = _inputs(reads)
    points = {name: inputs[name] for name in inputs if name not in ("star", "coefficients")}
    points["gap"] = Gaps(start)(points["phase"], points["count"])
    star = WithSize(start, reads.size_mean, reads.size_width)(inputs["star"], inputs["count"])
    curve: list[Tensor] = []
    if isinstance(sizes, LstmSizes):
        summary = _read_recurrently(start, points, star, sizes)
    else:
        summary, curve = _read_with_attention(start, points, star, sizes)
    straight = [Sums(start, _SUMS)(points), *curve, star]
    outputs = _head(start, [summary, star], straight, 2 + reads.auxiliary, sizes)
    if reads.coefficients:
        known = [inputs["coefficients"], star]
        of_coefficients = _head(start, known, known, 2, sizes)
        outputs = joined(start, [outputs[:, :2], of_coefficients, outputs[:, 2:]])
    return keras.Model(inputs, outputs, name="network")


def _head(
    start: Start, curved: list[Tensor], straight: list[Tensor], outputs: int, sizes: Sizes
) -> Tensor:
    """Give ``(n, outputs)``: what follows in a straight line need not be learned by what bends."""
    hidden = dense(start, sizes.width, "gelu")(joined(start, curved))
    raw = keras.layers.Add(name=start.name())(
        [
            dense(start, outputs)(dropout(start, sizes.dropout)(hidden)),
            dense(start, outputs)(joined(start, straight)),
        ]
    )
    return WithError(start)(raw)


def _inputs(reads: Reads) -> dict[str, Tensor]:
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(
        ("phase", "mag", "count", *(("error",) if reads.errors else ())), (reads.width,)
    )
    if reads.bands > 1:
        shapes["band"] = (reads.width, reads.bands)
    shapes["star"] = (1,)
    if reads.coefficients:
        shapes["coefficients"] = (reads.coefficients,)
    return {name: keras.Input(shape, name=name) for name, shape in shapes.items()}


def _read_recurrently(
    start: Start, points: dict[str, Tensor], star: Tensor, sizes: LstmSizes
) -> Tensor:
    """Give a summary ``(n, 4 * units)``: means over the points and over the cycle."""
    points = Wrapping(start, sizes.wrapped)(points)
    hidden = Encoding(start, sizes.harmonics)(points, star)
    for _ in range(sizes.layers):
        hidden = dropout(start, sizes.dropout)(recurrent(start, sizes.units)(hidden))
    own = points["own"]
    of_cycle = Mean(start)(hidden, own * points["gap"])
    return joined(start, [Mean(start)(hidden, own), of_cycle])


def _read_with_attention(
    start: Start, points: dict[str, Tensor], star: Tensor, sizes: TransformerSizes
) -> tuple[Tensor, list[Tensor]]:
    """Give a summary ``(n, 8 * anchors)``, and the smoothed light curve at the anchors."""
    told = Encoding(start, sizes.harmonics)(points, star)
    values = joined(start, [told[..., :1], dense(start, sizes.width // 2, "gelu")(told)])
    heads = KernelAttention(start, sizes.anchors, sizes.concentrations)(
        points["phase"], points["count"], values
    )
    curve = flat(start, heads[..., 0])
    by_anchor = keras.ops.transpose(heads, (0, 2, 1, 3))
    by_anchor = keras.layers.Reshape((sizes.anchors, -1), name=start.name())(by_anchor)
    hidden = Places(start, sizes.anchors, sizes.width)(dense(start, sizes.width)(by_anchor))
    for _ in range(sizes.layers):
        hidden = Block(start, sizes.width, sizes.heads, sizes.dropout)(hidden)
    hidden = dense(start, _KEPT)(normalisation(start)(hidden))
    return flat(start, hidden), [curve]
