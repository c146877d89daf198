from pathlib import Path

from rrcat_stan.settings import Priors, RelationParams

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_every_parameter_and_prior_is_in_a_table():
    rows = " ".join(line.split("|")[1] for line in README.splitlines() if line.startswith("| `"))
    named = rows.replace(",", " ").split()
    wanted = {f"`{name}`" for model in (RelationParams, Priors) for name in model.model_fields}
    assert set(named) == wanted
