"""Where a release comes from, in the W3C PROV data model."""

import json
from collections.abc import Mapping
from typing import Any

from prov.model import ProvActivity, ProvDocument, ProvEntity

from rrcat.canonical import json_bytes
from rrcat.release.about import About


def provenance(facts: Mapping[str, Any], about: About, bundles: Mapping[str, str]) -> bytes:
    """Give the provenance as PROV-JSON.

    Inputs, queries, recipe and estimators went into the build, the build made the catalogue, and
    the release holds it. Where its models learned from the values of another catalogue, it is
    derived from that. No times are told: a release carries no clock.

    Parameters
    ----------
    facts
        Content of ``candidate.json``.
    about
        What the release says of itself.
    bundles
        Hash of every file of the bundles, by name in the release.
    """
    document = ProvDocument()
    document.set_default_namespace(f"urn:rrcat:{about.name}:{about.version}#")
    document.add_namespace("rrcat", "urn:rrcat:terms#")
    build = document.activity(
        "build", other_attributes={"prov:label": "rrcat build", "rrcat:seed": facts["seed"]}
    )
    software = document.agent(
        "rrcat",
        {"prov:type": document.valid_qualified_name("prov:SoftwareAgent")}
        | {f"rrcat:version-{name}": version for name, version in sorted(facts["versions"].items())},
    )
    document.wasAssociatedWith(build, software)
    for source in _sources(document, facts, bundles):
        document.used(build, source)
    catalogue = document.entity(
        "catalogue",
        {
            "prov:label": about.title,
            "rrcat:schema": f"{facts['schema']} {facts['schema_version']}",
            "rrcat:rows": facts["n_rows"],
        },
    )
    document.wasGeneratedBy(catalogue, build)
    _taught(document, catalogue, facts.get("teacher"))
    _release(document, catalogue, build, about)
    return json_bytes(json.loads(document.serialize(format="json") or ""))


def _sources(
    document: ProvDocument, facts: Mapping[str, Any], bundles: Mapping[str, str]
) -> list[ProvEntity]:
    recipe = {"prov:label": "the recipe as followed", "rrcat:sha256": facts["recipe_sha256"]}
    sources = [document.entity("recipe", recipe)]
    for number, source in enumerate(facts["inputs"], 1):
        told = {"prov:label": source["name"], "rrcat:sha256": source["sha256"]}
        sources.append(document.entity(f"input-{number}", told))
    for number, query in enumerate(facts["adql"], 1):
        sources.append(document.entity(f"query-{number}", {"prov:value": query}))
    for number, reference in enumerate(facts["reference"], 1):
        sources.append(document.entity(f"reference-{number}", {"prov:label": reference}))
    for estimator in facts["estimators"]:
        owner = f"{estimator['distribution']} {estimator['distribution_version']}"
        told = {
            "prov:label": f"{estimator['id']} {estimator['version']}",
            "rrcat:distribution": owner,
        }
        sources.append(document.entity(f"estimator-{estimator['id']}", told))
    for number, (name, sha256) in enumerate(sorted(bundles.items()), 1):
        told = {"prov:label": name, "rrcat:sha256": sha256}
        sources.append(document.entity(f"bundle-file-{number}", told))
    return sources


def _taught(
    document: ProvDocument, student: ProvEntity, teacher: Mapping[str, Any] | None, number: int = 1
) -> None:
    """Say which catalogue the labels come from, and so on up the chain."""
    if teacher is None:
        return
    version = f" {teacher['version']}" if teacher.get("version") else ""
    told = {
        "prov:label": f"{teacher['kind']} {teacher['catalogue']}{version}",
        "rrcat:sha256": teacher["sha256"],
    }
    entity = document.entity(f"teacher-{number}", told)
    document.wasDerivedFrom(student, entity)
    _taught(document, entity, teacher.get("teacher"), number + 1)


def _release(
    document: ProvDocument, catalogue: ProvEntity, build: ProvActivity, about: About
) -> None:
    publication = document.activity("publication", other_attributes={"prov:label": "rrcat release"})
    release = document.entity(
        "release",
        {"prov:label": f"{about.name} {about.version}"}
        | ({"rrcat:date": about.date} if about.date else {}),
    )
    document.used(publication, catalogue)
    document.wasInformedBy(publication, build)
    document.wasGeneratedBy(release, publication)
    document.wasDerivedFrom(release, catalogue)
