from pathlib import Path

from rrcat_gp.estimator import GpParams

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_every_parameter_is_in_the_table_with_its_default():
    cells = [line.split(" | ") for line in README.splitlines() if line.startswith("| `")]
    told = {cell[0].strip("| `"): cell[1] for cell in cells}
    assert set(told) == set(GpParams.model_fields)
    for name in ("search_stars", "min_stars"):
        assert told[name] == str(GpParams.model_fields[name].default)
