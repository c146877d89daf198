"""The table of relations in the README says what ``relations.toml`` says."""

from pathlib import Path

from rrcat_relations.relations import published

README = Path(__file__).resolve().parents[1] / "README.md"
HEAD = (
    "| relation | type | band | [Fe/H] | phi31 | scale | scatter | status | reference |",
    "|---|---|---|---|---|---|---|---|---|",
)
LETTERS = {"period": "P", "a1": "A1", "a2": "A2", "phi31": "phi31"}


def _factor(relation, name, power):
    centre = relation.centre.get(name)
    factor = LETTERS[name] if centre is None else f"({LETTERS[name]} - {centre:g})"
    return factor if power == 1 else f"{factor}^{power}"


def _formula(relation):
    terms = [
        " ".join(
            [f"{term.coefficient:+g}", *(_factor(relation, *each) for each in term.powers.items())]
        )
        for term in relation.terms
    ]
    first, *others = (term.removeprefix("+") if i == 0 else term for i, term in enumerate(terms))
    return " ".join([first, *(f"{term[0]} {term[1:]}" for term in others)])


def _row(relation):
    cells = (
        relation.name,
        relation.pulsation_type,
        relation.band,
        _formula(relation),
        f"{relation.phase}, near {relation.branch:g}",
        relation.scale,
        f"{relation.scatter:g}",
        relation.status,
        relation.reference,
    )
    return "| " + " | ".join(cells) + " |"


def test_the_readme_lists_every_relation_as_it_is_evaluated():
    lines = README.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert table == [*HEAD, *(_row(relation) for relation in published())]
