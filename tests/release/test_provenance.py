import json

import pytest
from prov.model import ProvDocument

from rrcat.release.candidate import read_candidate
from rrcat.release.provenance import provenance


@pytest.fixture
def facts(candidate):
    return read_candidate(candidate).facts


def test_prov_reads_it_back(facts, about):
    content = provenance(facts, about, {"bundles/a": "00"}).decode()
    document = ProvDocument.deserialize(content=content, format="json")
    names = {str(record.identifier) for record in document.get_records() if record.identifier}
    assert {"release", "catalogue", "build", "publication", "rrcat"} <= {
        name.split(":")[-1] for name in names
    }


def test_everything_that_went_in_was_used_by_the_build(facts, about):
    content = json.loads(provenance(facts, about, {"bundles/a": "00"}))
    used = {
        link["prov:entity"] for link in content["used"].values() if link["prov:activity"] == "build"
    }
    assert used == {
        "recipe",
        "input-1",
        "query-1",
        "reference-1",
        "reference-2",
        "estimator-literature-relations",
        "bundle-file-1",
    }


def test_labels_are_told_up_the_chain(facts, about):
    first = {"catalogue": "first", "kind": "release", "version": "1.0.0", "sha256": "ab" * 32}
    second = {"catalogue": "second", "kind": "candidate", "sha256": "cd" * 32, "teacher": first}
    content = json.loads(provenance(facts | {"teacher": second}, about, {}))
    derived = {
        (link["prov:generatedEntity"], link["prov:usedEntity"])
        for link in content["wasDerivedFrom"].values()
    }
    assert derived == {
        ("release", "catalogue"),
        ("catalogue", "teacher-1"),
        ("teacher-1", "teacher-2"),
    }
    labels = {name: content["entity"][name]["prov:label"] for name in ("teacher-1", "teacher-2")}
    assert labels == {"teacher-1": "candidate second", "teacher-2": "release first 1.0.0"}
    assert content["entity"]["teacher-2"]["rrcat:sha256"] == "ab" * 32


def test_it_tells_no_time(facts, about):
    content = provenance(facts, about, {}).decode()
    assert "Time" not in content
    assert content == provenance(facts, about, {}).decode()
