"""A release ready to deposit at Zenodo: the archive with its RO-Crate, and the metadata.

The metadata are those of Zenodo's deposit API, https://developers.zenodo.org/#representation.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from markupsafe import escape

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.errors import ReleaseError
from rrcat.release.documents import LICENCES, citation, environment
from rrcat.release.export.archive import write_zip
from rrcat.release.export.crate import METADATA, crate
from rrcat.release.export.dated import date_and_doi
from rrcat.release.export.words import content, edition, scale
from rrcat.release.fits import write_fits
from rrcat.release.manifest import MANIFEST, listing
from rrcat.release.opened import Release
from rrcat.release.parquet import write_parquet
from rrcat.release.reference import parse
from rrcat.release.verify import verify
from rrcat.release.votable import write_votable
from rrcat.schema import as_toml

KEYWORDS = (
    "astronomy",
    "RR Lyrae variable stars",
    "metallicity",
    "light curves",
    "catalogs",
)
# DOIs with this prefix are Zenodo's own: it knows them, and takes none from a depositor.
ZENODO = "10.5281/"


def export(release: Release, output: Path) -> list[Path]:
    """Write ``zenodo.json`` and, in ``files/``, what to upload.

    The archive ``NAME-VERSION.zip`` is an RO-Crate around the folder of the release, which is
    verified first; README and citation stand beside it to be seen, and ``SHA256SUMS``. Of a part
    of a release the archive holds the three formats, the table definition, README and citation.

    Raises
    ------
    ReleaseError
        The release does not verify, or it does not tell its authors, a licence that Zenodo knows,
        or its date.
    """
    _check_told(release)
    date, doi = date_and_doi(release)
    description = _description(release)
    upload = output / "files"
    upload.mkdir()
    with TemporaryDirectory(dir=output) as scratch:
        files = _whole(release) if release.about.subset is None else _part(release, Path(scratch))
        _pack(release, files, upload, date=date, doi=doi, description=" ".join(description))
        for name in ("README.md", "CITATION.cff"):
            atomic.write_inside(upload / name, files[name].read_bytes())
    uploads = sorted(upload.iterdir())
    sums = "".join(f"{atomic.sha256(path)}  {path.name}\n" for path in uploads)
    atomic.write_inside(upload / "SHA256SUMS", sums.encode())
    told = {"metadata": _metadata(release, date, doi, description)}
    atomic.write_inside(output / "zenodo.json", json_bytes(told))
    return [output / "zenodo.json", *uploads, upload / "SHA256SUMS"]


def _check_told(release: Release) -> None:
    """Raise where a release does not tell what a deposit cannot take back."""
    lacks = [] if release.about.authors else ["authors"]
    if release.about.rights not in LICENCES:
        lacks.append(f"rights that are one of {', '.join(LICENCES)}")
    if lacks:
        raise ReleaseError(
            f"a deposit at Zenodo needs {' and '.join(lacks)}",
            file=release.folder / MANIFEST,
            hint="tell them under [catalogue] in the recipe, and release a patch version",
        )


def _whole(release: Release) -> dict[str, Path]:
    if findings := verify(release.folder):
        first = findings[0]
        more = f", and {len(findings) - 1} more findings" if len(findings) > 1 else ""
        raise ReleaseError(
            f"the release does not verify: {first.file} {first.what}{more}",
            file=release.folder,
            hint=f"`rrcat verify {release.folder}` tells everything that is wrong",
        )
    return dict(listing(release.folder))


def _part(release: Release, folder: Path) -> dict[str, Path]:
    frame, table, about = release.frame, release.table, release.about
    for suffix, write in (("vot", write_votable), ("fits", write_fits), ("parquet", write_parquet)):
        write(frame, table, about, folder / f"{about.name}.{suffix}")
    names = sorted(path.name for path in folder.iterdir())
    readme = environment(html=False).get_template("plain_README.md.j2")
    texts = {
        "README.md": readme.render(files=names, about=about, table=table),
        "CITATION.cff": citation(replace(about, title=_title(release))),
        "schema.toml": as_toml(table),
    }
    for name, text in texts.items():
        atomic.write_inside(folder / name, text.encode())
    return dict(listing(folder))


def _pack(
    release: Release,
    files: dict[str, Path],
    upload: Path,
    *,
    date: str,
    doi: str | None,
    description: str,
) -> None:
    """Write the archive: the files in a folder, and the crate that describes them beside it."""
    about = release.about
    name = f"{about.name}-{about.version}{'-part' if about.subset else ''}"
    named = {f"{name}/{inside}": path for inside, path in files.items()}
    described = crate(
        named,
        about,
        title=_title(release),
        description=description,
        date=date,
        doi=None if about.subset else doi,
        keywords=KEYWORDS,
    )
    archive = upload / f"{name}.zip"
    with atomic.naming(archive):
        write_zip({**named, METADATA: described}, archive)


def _title(release: Release) -> str:
    return release.about.title + (" (part)" if release.about.subset else "")


def _description(release: Release) -> list[str]:
    """Give what the deposit is, in sentences."""
    about = release.about
    return [
        *content(release),
        scale(about),
        edition(about),
        "It comes as VOTable, FITS and Parquet; README.md in the archive says how to read it, and"
        " ro-crate-metadata.json what each file is.",
    ]


def _metadata(
    release: Release, date: str, doi: str | None, description: list[str]
) -> dict[str, Any]:
    about = release.about
    parsed = [reference for text in about.reference if (reference := parse(text))]
    metadata: dict[str, Any] = {
        "upload_type": "dataset",
        "title": _title(release),
        "creators": [{"name": name} for name in about.authors],
        "description": "".join(f"<p>{escape(sentence)}</p>" for sentence in description),
        "publication_date": date,
        "access_right": "open",
        "license": str(about.rights).lower(),
        "version": about.version,
        "language": "eng",
        "keywords": list(KEYWORDS),
        "references": list(about.reference),
        "related_identifiers": [
            {"identifier": one.doi, "relation": "cites", "resource_type": "publication-article"}
            for one in parsed
            if one.doi
        ],
    }
    if doi and about.subset:
        metadata["related_identifiers"].append({"identifier": doi, "relation": "isPartOf"})
    elif doi and not doi.startswith(ZENODO):
        metadata["doi"] = doi
    return metadata
