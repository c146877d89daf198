"""Listing the estimators is quick and quiet."""

import os
import subprocess
import sys

LIST = """
import sys
from rrcat.estimator import discover
assert {"keras-lstm", "keras-transformer"} <= set(discover().ids())
print(sorted({"tensorflow", "keras", "numpy", "polars"} & set(sys.modules)))
"""

IMPORT = "import rrcat_keras.backend as b; print(b.tf.constant(1).numpy())"


def said(source, **environment):
    others = {k: v for k, v in os.environ.items() if k not in ("TF_CPP_MIN_LOG_LEVEL",)}
    return subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True, text=True, check=False, env=others | environment,
    )  # fmt: skip


def test_listing_imports_nothing_heavy():
    assert said(LIST).stdout == "[]\n"


def test_tensorflow_says_nothing_that_nobody_asked_for():
    done = said(IMPORT)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_another_backend_is_refused_with_what_to_do():
    done = said(
        "import sys, types; k = types.ModuleType('keras'); sys.modules['keras'] = k\n"
        "k.backend = types.SimpleNamespace(backend=lambda: 'torch')\n"
        "sys.modules['tensorflow'] = types.ModuleType('tensorflow')\n"
        "import rrcat_keras.backend"
    )
    assert "Keras runs on torch" in done.stderr
    assert "hint: set the environment variable KERAS_BACKEND" in done.stderr
