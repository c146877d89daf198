"""The README names every parameter, with the default that it has."""

import re
from pathlib import Path

import pytest
from rrcat_keras.params import Augmentation, LstmParams, NetworkParams, TransformerParams

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
TABLES = {
    "parameter": set(NetworkParams.model_fields),
    "`keras-lstm`": set(LstmParams.model_fields) - set(NetworkParams.model_fields),
    "`keras-transformer`": set(TransformerParams.model_fields) - set(NetworkParams.model_fields),
    "`augmentation`": set(Augmentation.model_fields),
}
MODELS = dict(
    zip(TABLES, (NetworkParams, LstmParams, TransformerParams, Augmentation), strict=True)
)


def table(title: str) -> dict[str, str]:
    """Give the defaults in the table with this title, by parameter."""
    lines = README[README.index(f"| {title} | default | meaning |") :].splitlines()[2:]
    cells = {}
    for line in lines:
        if not line.startswith("| "):
            break
        name, default, _ = (cell.strip() for cell in re.split(r" \| ", line.strip("|"), maxsplit=2))
        cells[name.strip("`")] = default.strip("`")
    return cells


def written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(f'{each:g}' for each in value)}]"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


@pytest.mark.parametrize("title", TABLES)
def test_every_parameter_is_there_with_its_default(title):
    defaults = {name: MODELS[title].model_fields[name].default for name in TABLES[title]}
    told = {
        name: "see below" if name == "augmentation" else written(value)
        for name, value in defaults.items()
    }
    assert table(title) == told
