"""Every command that follows a recipe has the same options."""

import pytest

from rrcat.cli.build import build
from rrcat.cli.evaluate import evaluate
from rrcat.cli.train import train


@pytest.mark.parametrize("command", [build, train, evaluate])
def test_the_common_options_are_there(command):
    names = [parameter.name for parameter in command.params]
    assert names[:10] == [
        "recipe",
        "output",
        "data",
        "estimators",
        "seed",
        "workers",
        "scheduler",
        "partition_size",
        "restart",
        "as_json",
    ]
