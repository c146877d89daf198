"""From candidate to release: a folder that appears whole, once, and never changes."""

import datetime
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.about import About, checked_date, version_key
from rrcat.release.candidate import Candidate, read_candidate
from rrcat.release.documents import citation, readme
from rrcat.release.fits import write_fits
from rrcat.release.history import HISTORY, Entry, appended, check_follows, read_history
from rrcat.release.manifest import listing, write_manifest
from rrcat.release.parquet import write_parquet
from rrcat.release.provenance import provenance
from rrcat.release.report import report
from rrcat.release.report_material import read_material
from rrcat.release.summary import summarise
from rrcat.release.votable import write_votable
from rrcat.schema import as_toml


def publish(
    candidate: Path,
    version: str,
    *,
    into: Path | None = None,
    date: str | None = None,
    override: str | None = None,
) -> Path:
    """Give the folder ``<name>-<version>`` of a new release.

    Parameters
    ----------
    candidate
        Output folder of ``rrcat build``.
    version
        Semantic version; comes after every one in ``releases.toml``.
    into
        Where the release and ``releases.toml`` stand; the folder of the recipe where not given.
    date
        Date of the release, YYYY-MM-DD; ``SOURCE_DATE_EPOCH`` where not given. Without either the
        files carry no date, so that the same candidate gives the same bytes on any day, and only
        ``releases.toml`` says today's (UTC).
    override
        Why the release is made although a validation failed; told in the release.

    Raises
    ------
    ReleaseError
        The candidate cannot be released, the version is taken or out of order, or a release is
        being written in the folder. Nothing is written then.
    """
    version_key(version)
    told = _date(date)
    content = read_candidate(candidate)
    _check_validation(content, override)
    about = About.of(content.facts, version, told)
    home = into or _recipe_folder(content)
    with _only_writer(home):
        history = home / HISTORY
        check_follows(about.name, version, read_history(history), history)
        final = home / f"{about.name}-{version}"
        if os.path.lexists(final):
            raise ReleaseError(
                "the name of the release is taken, and releases are never overwritten",
                file=final,
                hint="choose a later version, or another --into; what a release that was killed"
                " left there is not in releases.toml and may be deleted",
            )
        atomic.sweep(home)
        with atomic.new_file(history) as longer, atomic.new_folder(final) as folder:
            digest = _fill(folder, content, about, override)
            entry = Entry(
                name=about.name,
                version=version,
                date=told or datetime.datetime.now(datetime.UTC).date().isoformat(),
                manifest_sha256=digest,
                rows=content.frame.height,
                schema=content.table.name,
                schema_version=content.table.version,
            )
            longer.write_bytes(appended(history, entry))
    return final


def _date(date: str | None) -> str | None:
    if date is not None:
        return checked_date(date)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return None
    try:
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise ReleaseError(
            f"SOURCE_DATE_EPOCH is {epoch!r}",
            hint="set it to whole seconds since 1970, or unset it",
        ) from None


def _check_validation(candidate: Candidate, override: str | None) -> None:
    if override is not None and not override.strip():
        raise ReleaseError("the reason for the override is empty", hint="say why")
    if candidate.failed and override is None:
        listed = "".join(f"\n  {item['name']}: {item['detail']}" for item in candidate.failed)
        raise ReleaseError(
            f"the candidate failed its validation{listed}",
            file=candidate.folder,
            hint="mend what failed, or give --override REASON, which the release will tell",
        )
    if override is not None and not candidate.failed:
        raise ReleaseError(
            "no validation failed, so there is nothing to override", hint="leave out --override"
        )


def _recipe_folder(candidate: Candidate) -> Path:
    try:
        run = json.loads((candidate.folder / "run.json").read_bytes())
        home = Path(run["recipe_path"]).parent
    except (OSError, ValueError, KeyError, TypeError):
        home = None
    if home is None or not home.is_dir():
        raise ReleaseError(
            "the folder of the recipe is not known any more",
            file=candidate.folder / "run.json",
            hint="say where the release belongs with --into DIR",
        )
    return home


@contextmanager
def _only_writer(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ReleaseError(
            "another release is being written in the folder", file=home, hint="wait for it"
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def _fill(folder: Path, candidate: Candidate, about: About, override: str | None) -> str:
    """Write everything a release holds; give the hash of its manifest."""
    frame, table, facts = candidate.frame, candidate.table, candidate.facts
    for name in candidate.carried:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(candidate.folder / name, folder / name)
    bundles = {name: facts["files"][name] for name in candidate.carried if "/" in name}
    atomic.write_inside(folder / "schema.toml", as_toml(table).encode())
    for suffix, write in (("vot", write_votable), ("fits", write_fits), ("parquet", write_parquet)):
        path = folder / f"{about.name}.{suffix}"
        with atomic.naming(path):
            write(frame, table, about, path)
    summary = summarise(frame, table)
    material = read_material(candidate.folder, facts["files"])
    texts = {
        "provenance.json": provenance(facts, about, bundles),
        "README.md": readme(summary, table, about, facts, override).encode(),
        "CITATION.cff": citation(about).encode(),
        "report.html": report(frame, summary, table, about, facts, override, material).encode(),
    }
    for name, content in texts.items():
        atomic.write_inside(folder / name, content)
    digest = write_manifest(
        folder, facts, version=about.version, date=about.date, override=override
    )
    for _, path in listing(folder):
        path.chmod(0o444)
    return digest
