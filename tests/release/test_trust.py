"""What may happen to a release on its way is found, and said of the right file.

The release is small, signed and beside its history. Those who change it here make all hashes agree
again wherever a forger could.
"""

import hashlib
import json
import shutil

import numpy as np
import polars as pl
import pytest
from astropy.io import fits

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.release import report as report_module
from rrcat.release.about import About
from rrcat.release.fits import write_fits
from rrcat.release.parquet import write_parquet
from rrcat.release.publish import publish
from rrcat.release.signature import sign
from rrcat.release.verify import verify
from rrcat.release.votable import write_votable
from rrcat.schema import read

NAME = "rrl-example"
BUNDLE = "bundles/literature-relations"
VOT, FITS, PARQUET = (f"{NAME}.{suffix}" for suffix in ("vot", "fits", "parquet"))
RANDOM_CHANGES = 100


@pytest.fixture(scope="module")
def made(tmp_path_factory, make_candidate, frame, ssh_key):
    """Three versions beside their history; the second is the one that is changed."""
    folder = tmp_path_factory.mktemp("trust")
    candidate = make_candidate(folder / "candidate", frame.head(20))
    with pytest.MonkeyPatch.context() as patched:
        # Figures take long, and are bytes like others.
        for name in ("figures", "distance_figures"):
            patched.setattr(report_module, name, lambda *arguments: [])
        for version in ("1.0.0", "1.0.1", "1.0.2"):
            publish(candidate, version, into=folder / "out", key=ssh_key)
    return folder / "out"


@pytest.fixture
def release(made, tmp_path):
    """A copy that may be spoilt, with the history beside it."""
    copy = tmp_path / f"{NAME}-1.0.1"
    shutil.copytree(made / copy.name, copy)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.copy(made / "releases.toml", tmp_path)
    return copy


def test_every_one_of_100_random_changes_of_a_byte_is_found_in_its_file(release):
    rng = np.random.default_rng(20261201)
    files = sorted(path for path in release.rglob("*") if path.is_file())
    assert len(files) > 10
    missed = []
    for number in range(RANDOM_CHANGES):
        path = files[number % len(files)]
        content = path.read_bytes()
        place, mask = int(rng.integers(len(content))), int(rng.integers(1, 256))
        changed = bytes([content[place] ^ mask])
        path.write_bytes(content[:place] + changed + content[place + 1 :])
        found = {finding.file for finding in verify(release)}
        path.write_bytes(content)
        name = path.relative_to(release).as_posix()
        if found != {name}:
            missed.append((name, place, mask, found))
    assert missed == []
    assert verify(release) == []


def seal(release, **changes):
    """Make manifest and seal agree with the files, as a forger would who lacks the key."""
    path = release / "manifest.json"
    facts = json.loads(path.read_text()) | changes
    facts["files"] = {
        name: {"sha256": atomic.sha256(release / name), "size": (release / name).stat().st_size}
        for name in facts["files"]
        if (release / name).exists()
    }
    path.write_bytes(json_bytes(facts))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (release / "manifest.json.sha256").write_text(f"{digest}  manifest.json\n")


def alone(release):
    """Take away history and signature: the release must speak for itself."""
    (release.parent / "releases.toml").unlink()
    (release / "manifest.json.sig").unlink()
    seal(release, signed=None)


def rewrite(release, *writers, **cells):
    """Write some formats anew with a cell changed in row 3, and seal."""
    facts = json.loads((release / "manifest.json").read_text())
    about, table = About.of(facts, facts["version"], None), read(release / "schema.toml")
    frame = pl.read_parquet(release / PARQUET)
    for name, value in cells.items():
        here = pl.int_range(pl.len()) == 3
        changed = pl.when(here).then(pl.lit(value, dtype=frame.schema[name])).otherwise(name)
        frame = frame.with_columns(changed.alias(name))
    for writer, file in writers:
        (release / file).unlink()
        writer(frame, table, about, release / file)
    seal(release)


def replace(release, name, old, new):
    content = (release / name).read_bytes()
    assert old in content
    (release / name).write_bytes(content.replace(old, new, 1))


def cell_in_votable(release):
    alone(release)
    rewrite(release, (write_votable, VOT), feh=-1.25)


def cell_in_fits(release):
    alone(release)
    rewrite(release, (write_fits, FITS), period=0.6)


def cell_in_parquet(release):
    alone(release)
    rewrite(release, (write_parquet, PARQUET), feh=-1.25)


def null_in_votable(release):
    alone(release)
    row = pl.read_parquet(release / PARQUET)["n_epochs"]
    rewrite(release, (write_votable, VOT), n_epochs=None if row[3] is not None else 7)


def text_in_every_format_but_one(release):
    alone(release)
    rewrite(release, (write_fits, FITS), (write_parquet, PARQUET), feh_variant="another")


def unit_in_votable(release):
    alone(release)
    replace(release, VOT, b'unit="d"', b'unit="s"')
    seal(release)


def ucd_in_votable(release):
    alone(release)
    replace(release, VOT, b'ucd="src.var.amplitude;phot.mag"', b'ucd="phot.mag"')
    seal(release)


def header_in_fits(keyword, value):
    def change(release):
        alone(release)
        with fits.open(release / FITS, mode="update", checksum=True) as hdus:
            number = read(release / "schema.toml").names.index("n_epochs") + 1
            name = f"{keyword}{number}" if keyword != "TUNIT" else "TUNIT8"
            hdus[1].header[name] = value
            hdus[1].add_checksum()
        seal(release)

    change.__name__ = f"{keyword}_in_fits"
    return change


def unit_in_parquet(release):
    alone(release)
    frame, path = pl.read_parquet(release / PARQUET), release / PARQUET
    told = pl.read_parquet_metadata(path)
    told = {key: text for key, text in told.items() if key != "ARROW:schema"}
    told = {key: text.replace('unit="d"', 'unit="s"', 1) for key, text in told.items()}
    frame.write_parquet(path, metadata=told)
    seal(release)


def rows_lost_everywhere(release):
    alone(release)
    facts = json.loads((release / "manifest.json").read_text())
    about, table = About.of(facts, facts["version"], None), read(release / "schema.toml")
    frame = pl.read_parquet(release / PARQUET).head(10)
    for writer, file in ((write_votable, VOT), (write_fits, FITS), (write_parquet, PARQUET)):
        writer(frame, table, about, release / file)
    seal(release)


def manifest_tells_other_rows(release):
    alone(release)
    seal(release, n_rows=21)


def manifest_tells_another_title(release):
    alone(release)
    seal(release, title="Metallicities of other stars")


def manifest_tells_another_input(release):
    alone(release)
    inputs = [{"name": "light_curves.parquet", "sha256": "cd" * 32, "size": 123}]
    seal(release, inputs=inputs)


def manifest_tells_another_seed(release):
    seal(release, seed=1)


def missing_file(release):
    (release / "recipe.toml").unlink()


def missing_manifest(release):
    (release / "manifest.json").unlink()


def extra_file(release):
    (release / "weights.pkl").write_bytes(b"1")


def extra_folder(release):
    (release / "more").mkdir()


def swapped_files(release):
    one, other = release / "README.md", release / "CITATION.cff"
    contents = one.read_bytes(), other.read_bytes()
    other.write_bytes(contents[0])
    one.write_bytes(contents[1])


def link(release):
    (release / VOT).rename(release.parent / VOT)
    (release / VOT).symlink_to(release.parent / VOT)


def seal_of_another_manifest(release):
    (release / "manifest.json.sha256").write_text(f"{'ab' * 32}  manifest.json\n")


def schema(release):
    alone(release)
    replace(release, "schema.toml", b'unit = "d"', b'unit = "s"')
    seal(release)


def report(release):
    replace(release, "report.html", b"<title>", b"<title>Other ")
    seal(release)


def report_and_provenance(release):
    for name in ("report.html", "provenance.json"):
        (release / name).write_bytes((release / name).read_bytes() + b"\n")
    seal(release)


def weights(release):
    alone(release)
    (release / BUNDLE / "golden.parquet").write_bytes(b"GOLDEN")
    seal(release)


def weights_and_bundle(release):
    """The bundle is made to list what it holds, and only the provenance knows better."""
    alone(release)
    path = release / BUNDLE / "golden.parquet"
    before = atomic.sha256(path)
    path.write_bytes(b"GOLDEN")
    replace(release, f"{BUNDLE}/bundle.toml", before.encode(), atomic.sha256(path).encode())
    seal(release)


def history(old, new):
    def change(release):
        path = release.parent / "releases.toml"
        parts = path.read_text().split("\n\n[[release]]")
        parts[1] = parts[1].replace(old, new, 1)
        path.write_text("\n\n[[release]]".join(parts))

    change.__name__ = f"history_{old.split()[0]}"
    return change


def history_without_the_version(release):
    path = release.parent / "releases.toml"
    path.write_text(path.read_text().split("\n\n[[release]]")[0] + "\n")


def last_entry(release):
    """Of the last version nothing stands below, so it is compared with the release."""
    path = release.parent / "releases.toml"
    path.write_text("[[release]]".join(path.read_text().split("[[release]]")[:3]))
    path.write_text(path.read_text().replace("rows = 20", "rows = 21"))
    first, second = path.read_text().split("\n\n[[release]]")
    path.write_text(first.replace("rows = 21", "rows = 20") + "\n\n[[release]]" + second)


def signature_of_something_else(release):
    other = release.parent / "signature"
    other.write_bytes((release / "manifest.json.sig").read_bytes())
    content = other.read_text().splitlines()
    content[1] = content[1][:-4] + ("AAAA" if content[1][-4:] != "AAAA" else "BBBB")
    (release / "manifest.json.sig").write_text("\n".join(content) + "\n")


def signature_gone(release):
    (release / "manifest.json.sig").unlink()


MANIFEST, SEAL, SIGNATURE = "manifest.json", "manifest.json.sha256", "manifest.json.sig"
HISTORY = "../releases.toml"
DESIGNED = [
    (cell_in_votable, {VOT}, "column feh: 1 cells differ"),
    (cell_in_fits, {FITS}, "column period: 1 cells differ"),
    (cell_in_parquet, {PARQUET}, "column feh: 1 cells differ from VOTable and FITS; in row 3"),
    (null_in_votable, {VOT}, "column n_epochs: 1 cells differ"),
    (text_in_every_format_but_one, {VOT}, "column feh_variant: 1 cells differ"),
    (unit_in_votable, {VOT}, "column period: unit is 's' instead of 'd'"),
    (ucd_in_votable, {VOT}, "column peak_to_peak: UCD is"),
    (header_in_fits("TNULL", -1), {FITS}, "column n_epochs: TNULL"),
    (header_in_fits("TUNIT", "s"), {FITS}, "column period: TUNIT8 is 's'"),
    (unit_in_parquet, {PARQUET}, "column period: does not describe"),
    (rows_lost_everywhere, {MANIFEST}, "tells 20 rows, the Parquet file has 10"),
    (manifest_tells_other_rows, {MANIFEST}, "tells 21 rows"),
    (manifest_tells_another_title, {MANIFEST}, "disagrees with every format"),
    (manifest_tells_another_input, {MANIFEST}, "tells another light_curves.parquet than"),
    (manifest_tells_another_seed, {MANIFEST, SIGNATURE}, "does not have the hash that ../releases"),
    (missing_file, {"recipe.toml"}, "is missing"),
    (missing_manifest, {MANIFEST}, "is missing"),
    (extra_file, {"weights.pkl"}, "is not in the manifest"),
    (extra_folder, {"more"}, "is an empty folder"),
    (swapped_files, {"README.md", "CITATION.cff"}, "holds what belongs in README.md"),
    (link, {VOT}, "a link or special file"),
    (seal_of_another_manifest, {SEAL}, "does not tell the hash of manifest.json"),
    (schema, {"schema.toml"}, "the first column that does is period"),
    (report, {"report.html", SIGNATURE}, "does not have the hash that ../releases.toml tells"),
    (report_and_provenance, {"report.html", "provenance.json", SIGNATURE}, "../releases.toml"),
    (weights, {f"{BUNDLE}/golden.parquet"}, "the file is not the one that was saved"),
    (
        weights_and_bundle,
        {f"{BUNDLE}/golden.parquet", f"{BUNDLE}/bundle.toml"},
        "does not have the hash that is in provenance.json",
    ),
    (history("rows = 20", "rows = 21"), {HISTORY}, "changed above the entry of version 1.0.2"),
    (history("date = ", "#date = "), {HISTORY}, "cannot be understood"),
    (history_without_the_version, {HISTORY}, "does not tell of 1.0.1"),
    (last_entry, {HISTORY}, "tells rows 21 for 1.0.1, the release 20"),
    (signature_of_something_else, {SIGNATURE}, "is no signature"),
    (signature_gone, {SIGNATURE}, "is missing; the release was signed"),
]


@pytest.mark.parametrize(
    ("change", "files", "words"), DESIGNED, ids=[change.__name__ for change, *_ in DESIGNED]
)
def test_designed_change_is_found_in_its_file(release, change, files, words):
    change(release)
    found = [(finding.file, finding.what) for finding in verify(release)]
    assert {file for file, _ in found} == files, found
    assert any(words in what for _, what in found), found


def test_what_another_key_signed_anew_is_found_with_the_key(release, ssh_key, other_ssh_key):
    """A forger who makes all agree, with a history and a signature of their own."""
    (release.parent / "releases.toml").unlink()
    seal(release, seed=1)
    path = release / SIGNATURE
    path.write_bytes(sign((release / MANIFEST).read_bytes(), other_ssh_key))
    assert verify(release) == []
    (finding,) = verify(release, key=ssh_key.with_suffix(".pub"))
    assert finding.file == SIGNATURE
    assert "is by another key" in finding.what
