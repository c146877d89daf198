"""The loop in which networks learn."""

import hashlib
import random
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from rrcat_keras.augmentation import Redrawn
from rrcat_keras.backend import keras, tf
from rrcat_keras.inference import answers_of
from rrcat_keras.intervals import mixture
from rrcat_keras.losses import values
from rrcat_keras.networks import Architecture, Reads, TransformerSizes, build
from rrcat_keras.params import Augmentation, TransformerParams
from rrcat_keras.training import History, Sample, batch_size, train

WIDTH, N = 16, 90
ARCHITECTURE = Architecture(
    Reads(WIDTH, 1, errors=False, coefficients=3, auxiliary=2, size_mean=2.5, size_width=0.3),
    TransformerSizes(
        width=8, layers=1, heads=2, anchors=4, concentrations=(5.0,), harmonics=2, dropout=0.1
    ),
)
PARAMS = TransformerParams(
    epochs=8,
    batch_size=16,
    learning_rate=2e-2,
    augmentation=Augmentation(resampled=0.3),
    auxiliary=0.5,
    patience=8,
)
KNOWN, LEFT_OUT = np.arange(70), np.arange(70, N)


def made_sample():
    rng = np.random.default_rng(0)
    count = (np.arange(WIDTH) < rng.integers(9, WIDTH + 1, (N, 1))).astype(np.float32)
    phase = np.sort(np.where(count > 0, rng.random((N, WIDTH)), 2.0), axis=1) * count
    feh = rng.normal(-1.4, 0.4, N)
    mag = (0.2 + 0.1 * feh[:, np.newaxis]) * np.cos(2 * np.pi * phase) * count
    inputs = {
        "phase": phase, "mag": mag, "count": count, "star": rng.normal(size=(N, 1)),
        "coefficients": np.stack([feh, *rng.normal(size=(2, N))], axis=1),
    }  # fmt: skip
    mean = np.zeros((N, 1, 15))
    mean[:, 0, 0] = 0.2 + 0.1 * feh
    root = np.broadcast_to(0.01 * np.eye(15), (N, 1, 15, 15))
    single = (array.astype(np.float32) for array in (mean, root, np.full(N, 0.01)))
    ones = np.ones(N, np.float32)
    return Sample(
        {name: array.astype(np.float32) for name, array in inputs.items()},
        feh.astype(np.float32),
        ones,
        ones,
        auxiliary=rng.normal(size=(N, 2)).astype(np.float32),
        drawn_from=Redrawn(*single),
    )


@pytest.fixture(scope="module")
def sample():
    return made_sample()


def learned(sample, params=PARAMS, *, seed=5, **kwargs):
    network = build(ARCHITECTURE, seed)
    history = train(network, sample, KNOWN, LEFT_OUT, params, centre=-1.4, seed=seed, **kwargs)
    return network, history


def bits(network):
    return hashlib.sha256(b"".join(w.tobytes() for w in network.get_weights())).hexdigest()


def global_state():
    legacy = np.random.get_state()[1].tobytes()  # noqa: NPY002
    return random.getstate(), legacy, keras.config.floatx(), tf.executing_eagerly()


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    return tmp_path_factory.mktemp("whole") / "events"


@pytest.fixture(scope="module")
def whole(sample, events):
    told = []
    before = global_state()
    network, history = learned(sample, progress=told.append, events=events)
    return network, history, told, before == global_state()


def test_stars_left_out_are_foretold_better_as_it_learns(whole):
    _, history, _, _ = whole
    assert history.rmse[history.best] < 0.7 * history.rmse[0]
    assert history.epochs == 8


def test_progress_is_told_epoch_by_epoch(whole):
    assert whole[2] == list(range(1, 9))


def test_nothing_global_is_changed(whole):
    assert whole[3]


def test_the_best_weights_are_kept(whole, sample):
    network, history, _, _ = whole
    left_out = {name: array[LEFT_OUT] for name, array in sample.inputs.items()}
    said, _ = mixture(*values(answers_of([network])(left_out), sample.heads, -1.4))
    rmse = float(np.sqrt(np.mean((said - sample.feh[LEFT_OUT]) ** 2)))
    assert rmse == pytest.approx(history.rmse[history.best], rel=1e-5)


class Killed(Exception):
    """What stops a training in these tests."""


def test_a_killed_training_goes_on_and_ends_in_the_same_weights(whole, sample, tmp_path):
    def kill(done):
        if done == 5:
            raise Killed

    checkpoint = tmp_path / "half.safetensors"
    with pytest.raises(Killed):
        learned(sample, checkpoint=checkpoint, progress=kill)
    told = []
    network, history = learned(sample, checkpoint=checkpoint, progress=told.append)
    assert told == [6, 7, 8]
    assert vars(history) == vars(whole[1])
    assert bits(network) == bits(whole[0])


def test_a_checkpoint_of_another_network_is_not_gone_on_from(whole, sample, tmp_path):
    from rrcat_keras.checkpoint import save_checkpoint

    checkpoint = tmp_path / "half.safetensors"
    save_checkpoint(checkpoint, {"state": [np.zeros(3)], "best": [np.zeros(3)]}, {})
    network, _ = learned(sample, checkpoint=checkpoint)
    assert bits(network) == bits(whole[0])


def test_another_seed_learns_otherwise(whole, sample):
    other, _ = learned(sample, PARAMS.model_copy(update={"epochs": 1}), seed=6)
    assert bits(other) != bits(whole[0])


def test_event_files_are_written_where_they_are_asked_for(whole, events):
    assert len(list(events.iterdir())) == 1


def test_learning_ends_when_nothing_got_better_for_long_enough():
    params = TransformerParams(epochs=10, patience=2)
    scores = [0.5, 0.4, 0.45, 0.42]
    over = []
    for epochs in range(len(scores) + 1):
        some = scores[:epochs]
        best = int(np.argmin(some)) if some else -1
        over.append(History(loss=some, score=some, rmse=some, best=best).over(params))
    assert over == [False, False, False, False, True]
    long = [1.0 - 0.01 * epoch for epoch in range(10)]
    assert History(loss=long, score=long, rmse=long, best=9).over(params)


def test_few_stars_are_learned_from_in_small_batches():
    params = TransformerParams(batch_size=64)
    sizes = [batch_size(n, params) for n in (5, 40, 250, 600, 1_000, 5_000)]
    assert sizes == [5, 8, 8, 20, 33, 64]
    assert all(one <= other for one, other in pairwise(sizes))


LEARN = """
import sys
sys.path.insert(0, {folder!r})
from test_training import bits, learned, made_sample, tf
print(tf.config.threading.get_intra_op_parallelism_threads(), bits(learned(made_sample())[0]))
"""


@pytest.mark.slow
def test_one_thread_and_two_learn_the_same(whole, monkeypatch, request):
    printed = {}
    for threads in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        source = LEARN.format(folder=str(request.path.parent))
        command = [sys.executable, "-c", source]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        used, printed[threads] = told.split()
        assert used == threads
    assert set(printed.values()) == {bits(whole[0])}
