"""What networks make of points, whatever fills their rows and whoever stands beside them."""

import numpy as np
import pytest
from rrcat_keras.inference import BLOCK, answers_of
from rrcat_keras.networks import Architecture, LstmSizes, Reads, Sizes, TransformerSizes, build

READS = Reads(
    width=24, bands=1, errors=False, coefficients=5, auxiliary=3, size_mean=3.0, size_width=0.3
)
SIZES = {
    "lstm": LstmSizes(units=4, layers=1, wrapped=3, width=8, harmonics=2, dropout=0.1),
    "transformer": TransformerSizes(
        width=8, layers=1, heads=2, anchors=6, concentrations=(4.0, 40.0), harmonics=2, dropout=0.1
    ),
}
Inputs = dict[str, np.ndarray]


def stars(n: int) -> Inputs:
    rng = np.random.default_rng(1)
    number = rng.integers(8, READS.width + 1, size=(n, 1))
    count = (np.arange(READS.width) < number).astype(np.float32)
    return {
        "phase": np.sort(np.where(count > 0, rng.random(count.shape), 2.0), axis=1) * count,
        "mag": rng.normal(0.0, 0.2, count.shape) * count,
        "count": count,
        "star": rng.normal(size=(n, 1)),
        "coefficients": rng.normal(size=(n, READS.coefficients)),
    }


def single(inputs: Inputs) -> Inputs:
    return {name: values.astype(np.float32) for name, values in inputs.items()}


@pytest.fixture(scope="module", params=sorted(SIZES))
def sizes(request: pytest.FixtureRequest) -> Sizes:
    return SIZES[request.param]


def test_an_architecture_survives_being_written(sizes: Sizes) -> None:
    architecture = Architecture(READS, sizes)
    assert Architecture.from_plain(architecture.as_plain()) == architecture


def test_each_head_has_value_and_error_before_the_second_target(sizes: Sizes) -> None:
    network = build(Architecture(READS, sizes), 0)
    assert network.output.shape[1] == 2 * READS.heads + READS.auxiliary == 7


def test_the_same_seed_starts_the_same_network(sizes: Sizes) -> None:
    one, same, other = (build(Architecture(READS, sizes), seed) for seed in (0, 0, 1))
    pairs = list(zip(one.get_weights(), same.get_weights(), strict=True))
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert not all(
        np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


def test_names_are_the_same_in_every_network(sizes: Sizes) -> None:
    """TensorFlow adds gradients in the alphabetical order of names, which Keras counts up."""
    one, other = (build(Architecture(READS, sizes), seed) for seed in (0, 1))
    assert one.name == other.name
    assert [v.path for v in one.weights] == [v.path for v in other.weights]


def test_what_fills_a_row_changes_nothing(sizes: Sizes) -> None:
    answers = answers_of([build(Architecture(READS, sizes), 0)])
    given = single(stars(20))
    filled = given | {
        "mag": np.where(given["count"] > 0, given["mag"], np.float32(9.0)),
        "phase": np.where(given["count"] > 0, given["phase"], np.float32(0.3)),
    }
    np.testing.assert_array_equal(answers(given), answers(filled))


def test_a_star_gets_the_same_bits_alone_and_among_others(sizes: Sizes) -> None:
    answers = answers_of([build(Architecture(READS, sizes), 0)])
    given = single(stars(BLOCK + 9))
    together = answers(given)[0]
    order = np.random.default_rng(2).permutation(BLOCK + 9)
    shuffled = answers({name: values[order] for name, values in given.items()})[0]
    np.testing.assert_array_equal(shuffled, together[order])
    alone = answers({name: values[4:5] for name, values in given.items()})[0]
    np.testing.assert_array_equal(alone, together[4:5])


def test_where_the_cycle_is_cut_matters_little_to_the_points_in_it(sizes: Sizes) -> None:
    """All phases shifted by a whole cycle are the same light curve."""
    answers = answers_of([build(Architecture(READS, sizes), 0)])
    given = single(stars(10))
    later = given | {"phase": given["phase"] + np.float32(1.0)}
    np.testing.assert_allclose(answers(later), answers(given), atol=2e-4)
