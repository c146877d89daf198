"""The RO-Crate of a catalogue: JSON-LD that says of each file what it is, how large, and its hash.

RO-Crate 1.2, https://w3id.org/ro/crate/1.2. The library ``rocrate`` writes the time of day into
what it makes, so the few entities there are stand here.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.release.about import About
from rrcat.release.reference import parse

METADATA = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.2"
MEDIA_TYPES = {
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".fits": "application/fits",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".sha256": "text/plain",
    ".toml": "application/toml",
    ".vot": "application/x-votable+xml",
}


def crate(
    files: Mapping[str, Path],
    about: About,
    *,
    title: str,
    description: str,
    date: str,
    doi: str | None,
    keywords: Iterable[str],
) -> bytes:
    """Give ``ro-crate-metadata.json`` of files, by their names relative to it.

    The files stand in one folder. ``about.rights`` is the SPDX name of a licence.
    """
    licence = f"https://spdx.org/licenses/{about.rights}"
    people = [_person(number, name) for number, name in enumerate(about.authors, 1)]
    identifiers = [_identifier(doi)] if doi else []
    works = [_work(number, text) for number, text in enumerate(about.reference, 1)]
    listed = [_file(name, path) for name, path in sorted(files.items())]
    folder = f"{PurePosixPath(min(files)).parts[0]}/"
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{title}, version {about.version}",
        "description": description,
        "version": about.version,
        "datePublished": date,
        "license": {"@id": licence},
        "author": _references(people),
        "citation": _references(works),
        "keywords": list(keywords),
        "identifier": _references(identifiers),
        "hasPart": [{"@id": folder}],
    }
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": {"@id": SPECIFICATION},
            "about": {"@id": "./"},
        },
        {key: value for key, value in root.items() if value != []},
        {
            "@id": folder,
            "@type": "Dataset",
            "name": folder.rstrip("/"),
            "description": "The catalogue as released; README.md says what each file holds.",
            "hasPart": _references(listed),
        },
        *listed,
        {
            "@id": licence,
            "@type": "CreativeWork",
            "name": about.rights,
            "description": f"The licence that SPDX names {about.rights}.",
        },
        *people,
        *works,
        *identifiers,
    ]
    return json_bytes({"@context": f"{SPECIFICATION}/context", "@graph": graph})


def _references(entities: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"@id": entity["@id"]} for entity in entities]


def _file(name: str, path: Path) -> dict[str, Any]:
    return {
        "@id": quote(name),
        "@type": "File",
        "name": PurePosixPath(name).name,
        "contentSize": str(path.stat().st_size),
        "encodingFormat": MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        "sha256": atomic.sha256(path),
    }


def _identifier(doi: str) -> dict[str, Any]:
    return {
        "@id": f"https://doi.org/{doi}",
        "@type": "PropertyValue",
        "propertyID": "https://registry.identifiers.org/registry/doi",
        "value": f"doi:{doi}",
        "url": f"https://doi.org/{doi}",
    }


def _person(number: int, name: str) -> dict[str, Any]:
    """Give a person where the name is written "Family, Given", else an organisation."""
    family, comma, given = name.partition(", ")
    if not comma:
        return {"@id": f"#author-{number}", "@type": "Organization", "name": name}
    return {
        "@id": f"#author-{number}",
        "@type": "Person",
        "name": f"{given} {family}",
        "familyName": family,
        "givenName": given,
    }


def _work(number: int, text: str) -> dict[str, Any]:
    reference = parse(text)
    doi = reference.doi if reference else None
    return {
        "@id": f"https://doi.org/{doi}" if doi else f"#reference-{number}",
        "@type": "ScholarlyArticle",
        "name": text,
    }
