"""Requests to a stand-in for the data server of ESA's archive, against astropy's own reading."""

import io
import json
import math
import random
import threading
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import esa
import esa_tables
import numpy as np
import pytest
from astropy.io.votable import parse
from astropy.table import Table
from pydantic import ValidationError

from rrcat.archive import datalink
from rrcat.archive.config import TimeSystem
from rrcat.archive.datalink import Answer, DataServer, request
from rrcat.archive.http import new_session
from rrcat.archive.mapping import ROW
from rrcat.archive.products import Products
from rrcat.archive.profile import with_profile

DR2, DR3, WIDE_STAR = 5813181197970338560, 4057091150787104896, 1457486023639239296
BANDS = esa_tables.BANDS

LONG = {
    "kind": "long",
    "key": ["transit_id", "band"],
    "columns": {name: name for name in ("source_id", "band", "time", "mag", "flux", "flux_error")}
    | {"rejected": {"any": ["rejected_by_photometry", "rejected_by_variability"]}},
}


def flags(kind: str, band: str) -> list[str]:
    """Give the flags of a band that reject an observation."""
    by_variability = f"variability_flag_{BANDS[band][2]}_reject"
    if kind == "wide":
        return ["rejected_by_photometry", by_variability]
    by_photometry = {"G": "photometry_flag_noisy_data"}
    return [by_photometry.get(band, f"photometry_flag_{band.lower()}_reject"), by_variability]


def of_bands(kind: str, **more: Any) -> dict[str, Any]:
    bands = {
        band: {
            "time": time,
            "mag": f"{prefix}mag",
            "flux": f"{prefix}flux",
            "flux_error": f"{prefix}flux_error",
            "rejected": {"any": flags(kind, band)},
        }
        for band, (time, prefix, _) in BANDS.items()
    }
    return {"kind": kind, "columns": {"source_id": "source_id"}, "bands": bands} | more


FORMS = [of_bands("arrays"), LONG, of_bands("wide", key=["transit_id"])]

Observation = tuple[Any, ...]


@pytest.fixture(scope="session")
def stars(data_dir: Path) -> dict[int, esa.Star]:
    return esa.real_stars(data_dir)


@pytest.fixture
def server(stars: dict[int, esa.Star]) -> Iterator[esa.DataServer]:
    with esa.DataServer(stars) as running:
        yield running


def config(server: esa.DataServer, **changes: Any) -> DataServer:
    return DataServer.model_validate(
        {
            "kind": "datalink",
            "url": server.url,
            "release": "Gaia DR3",
            "structures": ["INDIVIDUAL"],
            "forms": FORMS,
            "attempts": 1,
            "budget": 30.0,
        }
        | changes
    )


Ask = Callable[..., Answer]


@pytest.fixture
def ask(server: esa.DataServer, tmp_path: Path) -> Ask:
    """Give a function that requests stars, and looks that nothing is left beside the answer."""

    def asked(*ids: int, **changes: Any) -> Answer:
        folder = tmp_path / "fetched" / "temporary"
        folder.mkdir(parents=True, exist_ok=True)
        given = config(server, **changes)
        with new_session(given) as session:
            answer = request(given, ids, session=session, folder=folder, time=TimeSystem())
        assert [p for p in tmp_path.rglob("*") if not p.is_dir()] == []
        assert list(folder.iterdir()) == []
        assert answer.account["source_id"].to_list() == sorted(set(ids))
        return answer

    return asked


def status(answer: Answer) -> dict[int, str]:
    return dict(answer.account.select("source_id", "status").iter_rows())


def reason(answer: Answer, star: int) -> str:
    return dict(answer.account.select("source_id", "reason").iter_rows())[star]


def observations(answer: Answer) -> dict[int, list[Observation]]:
    """Give what was received, by star, in the order of values."""
    columns = ("source_id", "band", "time", "mag", "flux", "flux_error", "rejected")
    found: dict[int, list[Observation]] = {}
    for star, *values in answer.rows.select(columns).iter_rows():
        found.setdefault(star, []).append(tuple(map(plain, values)))
    return {star: in_order(rows) for star, rows in found.items()}


def in_order(rows: list[Observation]) -> list[Observation]:
    return sorted(rows, key=repr)


def plain(value: Any) -> Any:
    """Give a cell as Python's own; None for what is masked or NaN."""
    if value is None or np.ma.is_masked(value):
        return None
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and math.isnan(value) else value


def by_astropy(name: str, content: bytes) -> dict[int, list[Observation]]:
    """Read a product with astropy alone, star by star and value by value."""
    table, star = astropy_table(name, content)
    found: dict[int, list[Observation]] = {}
    for row in table:
        source_id = int(row["source_id"]) if "source_id" in table.colnames else star
        rows = found.setdefault(source_id, [])
        if "band" in table.colnames:
            rejected = row["rejected_by_photometry"] or row["rejected_by_variability"]
            values = [row[column] for column in ("time", "mag", "flux", "flux_error")]
            rows.append((str(row["band"]), *map(plain, values), bool(rejected)))
            continue
        for band, (time, prefix, _) in BANDS.items():
            columns = [time, *(f"{prefix}{what}" for what in ("mag", "flux", "flux_error"))]
            kind = "arrays" if np.ndim(row[time]) else "wide"
            cells = [np.ma.atleast_1d(row[column]) for column in columns]
            flag_cells = [np.ma.atleast_1d(row[flag]) for flag in flags(kind, band)]
            for n in range(len(cells[0])):
                rejected = any(bool(flag[n]) for flag in flag_cells)
                rows.append((band, *(plain(cell[n]) for cell in cells), rejected))
    return {star: in_order(rows) for star, rows in found.items()}


def astropy_table(name: str, content: bytes) -> tuple[Table, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name.endswith(".xml"):
            element = parse(io.BytesIO(content), verify="ignore").get_first_table()
            stars = [p.value for p in element.params if p.name == "source_id"]
            return element.to_table(use_names_over_ids=True), int(stars[0]) if stars else 0
        star = int(
            "0" + name.partition(".")[0].rpartition(" ")[2].replace("EPOCH_PHOTOMETRY_RAW", "")
        )
        if name.endswith(".fits"):
            return Table.read(io.BytesIO(content), format="fits"), star
        form = "ascii.ecsv" if name.endswith(".ecsv") else "ascii.csv"
        nulls = [("null", "0"), ("", "0")]
        table = Table.read(content.decode(), format=form, fill_values=nulls)
    if name.endswith(".csv"):
        for column in table.colnames:
            table[column] = csv_column(table[column])
    return table, star


def csv_column(column: Any) -> Any:
    """Give the booleans and arrays that astropy leaves as text."""
    words = {"true": True, "false": False}
    texts = [str(cell) for cell in column]
    if set(texts) <= set(words):
        return [words[text] for text in texts]
    if texts[0].startswith("["):
        cells = np.empty(len(texts), dtype=object)
        for row, text in enumerate(texts):
            numbers = [math.nan if e is None else e for e in json.loads(text)]
            cells[row] = np.array(numbers)
        return cells
    return column


def served(server: esa.DataServer) -> dict[int, list[Observation]]:
    """Read with astropy what the server answered to its last request."""
    found: dict[int, list[Observation]] = {}
    with zipfile.ZipFile(io.BytesIO(server.answer(server.asked[-1]).body)) as archive:
        for member in archive.infolist():
            found |= by_astropy(member.filename, archive.read(member))
    return found


@pytest.mark.parametrize("format", esa_tables.FORMATS)
@pytest.mark.parametrize(
    ("structure", "form"), [("INDIVIDUAL", "long"), ("INDIVIDUAL", "wide"), ("RAW", "long")]
)
def test_values_are_those_that_astropy_reads(server, ask, stars, structure, form, format):
    server.form = form
    answer = ask(*stars, structures=[structure], format=format)
    assert set(status(answer).values()) == {"received"}
    expected = served(server)
    assert set(expected) == set(stars)
    assert observations(answer) == expected


@pytest.mark.parametrize("serialisation", ["tabledata", "binary", "binary2"])
@pytest.mark.parametrize("structure", ["INDIVIDUAL", "RAW"])
def test_every_serialisation_of_votable_gives_the_same(
    server, ask, stars, structure, serialisation
):
    server.form = "wide"
    server.write = lambda columns, params: esa_tables.votable(columns, serialisation, params)
    answer = ask(*stars, structures=[structure])
    assert observations(answer) == served(server)


def test_the_genuine_files_are_read_as_astropy_reads_them(server, ask, data_dir):
    answer = ask(DR2, DR3)
    folder = data_dir / "esa_epoch_photometry"
    for star, name in ((DR2, "dr2"), (DR3, "dr3")):
        content = (folder / f"{name}_long_{star}.xml").read_bytes()
        assert observations(answer)[star] == by_astropy("genuine.xml", content)[star]
    server.form = "wide"
    content = (folder / "dr3_wide_first5rows.vot").read_bytes()
    expected = by_astropy("genuine.xml", content)
    assert observations(ask(WIDE_STAR)) == expected
    assert list(expected) == [WIDE_STAR]


def test_the_forms_tell_the_same_of_a_star(server, ask):
    def measured(answer: Answer) -> list[Observation]:
        rows = observations(answer)[DR3]
        return in_order([row[:-1] for row in rows if row[1] is not None])

    long = measured(ask(DR3))
    raw = measured(ask(DR3, structures=["RAW"]))
    server.form = "wide"
    assert long == raw == measured(ask(DR3))
    assert len(long) > 100


def test_errors_of_magnitudes_follow_from_the_fluxes(ask):
    rows = ask(DR3).rows.drop_nulls("flux")
    expected = 2.5 / math.log(10) * rows["flux_error"] / rows["flux"]
    assert rows["mag_error"].to_list() == pytest.approx(expected.to_list(), rel=1e-15)


def test_times_in_nanoseconds_are_read_by_the_unit_in_the_file(server, ask, stars):
    in_days = observations(ask(*stars, structures=["RAW"]))
    forms = [of_bands("arrays", null_values=[str(esa_tables.NULL_INTEGER)])]
    for format in ("votable", "ecsv", "fits"):
        _, write = esa_tables.FORMATS[format]
        server.write = lambda columns, params, write=write: write(
            esa_tables.nanoseconds(columns), params
        )
        found = observations(ask(*stars, structures=["RAW"], format=format, forms=forms))
        assert len(found) == len(stars)
        for star, rows in in_days.items():
            for given, wanted in zip(by_values(found[star]), by_values(rows), strict=True):
                assert given[1] == pytest.approx(wanted[1], rel=1e-15)


def by_values(rows: list[Observation]) -> list[Observation]:
    return sorted((row for row in rows if row[1] is not None), key=lambda row: (row[0], row[1:]))


def test_a_plain_answer_is_read_as_one_in_a_zip_file(server, ask, monkeypatch):
    in_zip = observations(ask(DR3))
    member = server.answer(server.asked[-1] | {"USE_ZIP_ALWAYS": "false"})
    server.reply = lambda _: member
    assert observations(ask(DR3)) == in_zip


def test_a_plain_table_that_names_no_star_is_that_of_the_name_the_server_gives_it(
    server, ask, stars
):
    server.form = "wide"
    server.reply = lambda _: plain_reply(stars[DR3], f"EPOCH_PHOTOMETRY-Gaia DR3 {DR3}.csv")
    assert status(ask(DR3)) == {DR3: "received"}
    server.reply = lambda _: plain_reply(stars[DR3], "EPOCH_PHOTOMETRY.csv")
    answer = ask(DR3)
    assert status(answer) == {DR3: "failed"}
    assert "does not say of which star" in reason(answer, DR3)


def plain_reply(star: esa.Star, name: str) -> esa.Reply:
    header = {"Content-Disposition": f'attachment; filename="{name}"'}
    return esa.Reply(esa_tables.csv(star.wide, {}), headers=header)


@pytest.mark.parametrize("format", esa_tables.FORMATS)
def test_the_profile_of_gaia_dr3_reads_every_form(server, stars, tmp_path, format):
    profile = with_profile({"profile": "gaia-dr3"}, Path())["light_curves"]
    measured = []
    for structure, form in (("RAW", "long"), ("INDIVIDUAL", "long"), ("INDIVIDUAL", "wide")):
        server.form = form
        given = profile | {"url": server.url, "format": format, "structures": [structure]}
        model = DataServer.model_validate(given)
        with new_session(model) as session:
            answer = request(model, stars, session=session, folder=tmp_path, time=TimeSystem())
        assert set(status(answer).values()) == {"received"}
        rows = answer.rows.drop_nulls("time").drop_nans("time").drop("rejected", ROW)
        measured.append(rows.sort("source_id", "band", "time"))
    assert measured[0].equals(measured[1])
    assert measured[0].equals(measured[2])
    assert measured[0].height > 350


@pytest.mark.parametrize("known", [esa.OLD, esa.NEW])
def test_either_generation_of_structure_names_is_found_at_once(server, ask, known):
    server.structures = known
    answer = ask(DR3, structures=["RAW", "DATAMODEL_GAIA"], attempts=8)
    assert status(answer) == {DR3: "received"}
    names = [asked["DATA_STRUCTURE"] for asked in server.asked]
    assert names == (["RAW"] if known is esa.OLD else ["RAW", "DATAMODEL_GAIA"])


def test_a_structure_that_is_refused_everywhere_fails_with_the_words_of_the_server(ask):
    answer = ask(DR3, structures=["COMBINED"])
    assert status(answer) == {DR3: "failed"}
    assert "COMBINED: the server answered 500" in reason(answer, DR3)
    assert "valid ones are: RAW, INDIVIDUAL" in reason(answer, DR3)


def test_the_request_says_what_the_server_wants_to_know(server, ask):
    ask(DR3, DR2, format="votable_plain", valid_data=True)
    assert server.asked == [
        {
            "ID": f"{DR3},{DR2}",
            "RELEASE": "Gaia DR3",
            "RETRIEVAL_TYPE": "EPOCH_PHOTOMETRY",
            "DATA_STRUCTURE": "INDIVIDUAL",
            "FORMAT": "votable_plain",
            "VALID_DATA": "true",
            "USE_ZIP_ALWAYS": "true",
        }
    ]


def test_stars_that_the_server_does_not_have_are_empty(ask):
    for structure in ("INDIVIDUAL", "RAW"):
        answer = ask(1, DR3, 2, structures=[structure])
        assert status(answer) == {1: "empty", 2: "empty", DR3: "received"}
        assert reason(answer, 1) == "the archive gave no observations of it"
        assert status(ask(1, 2, structures=[structure])) == {1: "empty", 2: "empty"}


def test_a_star_with_empty_arrays_is_empty(server, ask, stars):
    nothing = {name: [] for name in stars[DR3].wide}
    server.stars = {1: replace(stars[DR3].renamed(1), wide=nothing), DR3: stars[DR3]}
    for format in ("votable", "fits"):
        answer = ask(1, DR3, structures=["RAW"], format=format)
        assert status(answer) == {1: "empty", DR3: "received"}


def test_the_answer_says_how_many_bytes_came(server, ask):
    answer = ask(DR3, DR2)
    assert answer.size == len(server.answer(server.asked[-1]).body)


def test_the_lock_is_held_while_the_answer_is_in_memory_and_not_while_it_comes(
    server, stars, tmp_path, monkeypatch
):
    lock = threading.Lock()
    held = []
    server.reply = lambda reply: held.append(lock.locked()) or reply
    monkeypatch.setattr(
        datalink, "read_products", lambda *_, **__: held.append(lock.locked()) or Products()
    )
    given = config(server)
    with new_session(given) as session:
        request(given, [DR3], session=session, folder=tmp_path, time=TimeSystem(), reading=lock)
    assert held == [False, True]
    assert not lock.locked()


def test_many_stars_come_in_one_request(server, ask, stars):
    real = [stars[DR2], stars[DR3], stars[WIDE_STAR]]
    server.stars = {n: real[n % 3].renamed(n) for n in range(1, 10)}
    for structure in ("RAW", "INDIVIDUAL"):
        answer = ask(*server.stars, structures=[structure])
        assert set(status(answer).values()) == {"received"}
        found = observations(answer)
        assert all(found[n] == found[n % 3 + 3] for n in found)


def test_wrong_stars_are_dropped_and_the_right_ones_fail(server, ask, stars):
    def exchanged(members: esa.Members) -> esa.Members:
        return [(name, content.replace(b"999", b"998")) for name, content in members]

    server.stars = {999: stars[DR3].renamed(999), DR2: stars[DR2]}
    server.members = exchanged
    answer = ask(999, DR2, format="votable_plain")
    assert status(answer) == {999: "failed", DR2: "received"}
    assert "1 stars that were not asked for" in reason(answer, 999)
    assert answer.not_asked_for == 1
    assert answer.rows["source_id"].unique().to_list() == [DR2]


@pytest.mark.parametrize("structure", ["RAW", "INDIVIDUAL"])
def test_a_star_that_comes_twice_and_the_same_is_received_once(server, ask, structure):
    once = observations(ask(DR3, DR2, structures=[structure]))
    server.members = lambda members: members * 2
    answer = ask(DR3, DR2, structures=[structure])
    assert set(status(answer).values()) == {"received"}
    assert observations(answer) == once


@pytest.mark.parametrize("structure", ["RAW", "INDIVIDUAL"])
def test_a_star_that_comes_twice_and_differently_fails(server, ask, structure):
    def differing(members: esa.Members) -> esa.Members:
        changed = [(name, content.replace(b"12.42", b"12.43")) for name, content in members]
        assert changed != members
        return members + changed

    server.members = differing
    answer = ask(DR3, WIDE_STAR, structures=[structure], format="csv")
    assert status(answer) == {DR3: "failed", WIDE_STAR: "received"}
    assert "several times, and differently" in reason(answer, DR3)
    assert answer.rows["source_id"].unique().to_list() == [WIDE_STAR]


def test_a_star_that_comes_in_two_forms_fails(server, ask, stars):
    other = (f"x {DR3}.csv", esa_tables.csv(stars[DR3].wide, {}))
    server.members = lambda members: [*members, other]
    answer = ask(DR3, DR2)
    assert status(answer) == {DR3: "failed", DR2: "received"}
    assert "in several forms" in reason(answer, DR3)


def spoil(star: int, change: Callable[[bytes], bytes]) -> Callable[[esa.Members], esa.Members]:
    """Change the content of the member of a star."""
    return lambda members: [
        (name, change(content) if str(star) in name else content) for name, content in members
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda content: content[:5000], "damaged or incomplete"),
        (lambda content: b"", "nothing at all"),
        (lambda content: b"<html><body>Sorry, try later</body></html>", "Sorry, try later"),
        (lambda content: b"Error 500: no connection", "says: Error 500: no connection"),
        (lambda content: esa.zipped([("x.xml", content)]), "a zip file in the zip file"),
        (lambda content: b"SIMPLE  =                    T" + bytes(5000), "cannot read"),
        (lambda content: b'<!DOCTYPE x [<!ENTITY a "aa">]>' + content[38:], "document type"),
        (lambda content: content.replace(b'unit="d"', b'unit="m"'), "time is in 'd'"),
        (lambda content: content.replace(b'timescale="TCB"', b'timescale="UTC"'), "UTC and not"),
        (lambda content: content.replace(b'name="mag"', b'name="magnitude"'), "no column 'mag'"),
    ],
)
def test_a_product_that_cannot_be_read_fails_its_star_and_no_other(server, ask, change, told):
    server.members = spoil(DR3, change)
    answer = ask(DR2, DR3, WIDE_STAR)
    assert status(answer) == {DR2: "received", DR3: "failed", WIDE_STAR: "received"}
    assert told in reason(answer, DR3)


def test_a_cell_that_cannot_be_read_fails_its_star_and_no_other(server, ask, stars):
    server.stars = {n: stars[DR3].renamed(n) for n in range(1, 12)}
    server.members = spoil(5, lambda content: content.replace(b",12.", b",bright", 1))
    answer = ask(*range(1, 12), format="csv")
    assert status(answer) == {n: "failed" if n == 5 else "received" for n in range(1, 12)}
    assert "bright" in reason(answer, 5)


def test_arrays_of_different_lengths_fail_their_star_and_no_other(server, ask, stars):
    shorter = stars[DR3].wide | {"bp_mag": stars[DR3].wide["bp_mag"][1:]}
    server.stars = {DR2: stars[DR2], DR3: replace(stars[DR3], wide=shorter)}
    answer = ask(DR2, DR3, structures=["RAW"])
    assert status(answer) == {DR2: "received", DR3: "failed"}
    assert "differ in length" in reason(answer, DR3)


def test_a_bomb_fails_its_star_and_takes_no_memory(server, ask):
    server.members = spoil(DR3, lambda content: content + bytes(60_000_000))
    tracemalloc.start()
    answer = ask(DR2, DR3, max_bytes=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The server makes the bomb in this process.
    assert status(answer) == {DR2: "received", DR3: "failed"}
    assert "unpacks to" in reason(answer, DR3)
    assert peak < 150_000_000


@pytest.mark.parametrize("name", [f"../../{DR3}.xml", f"/tmp/{DR3}.xml"])
def test_a_name_that_leads_elsewhere_fails_its_star_and_writes_nothing(server, ask, name):
    server.members = lambda members: [
        (name, content) if str(DR3) in given else (given, content) for given, content in members
    ]
    answer = ask(DR2, DR3)
    assert status(answer) == {DR2: "received", DR3: "failed"}
    assert "leads out of the folder" in reason(answer, DR3)
    assert not Path(name).exists()


def test_a_product_without_a_name_that_cannot_be_read_fails_the_stars_that_are_missing(server, ask):
    server.members = lambda members: [members[0], ("README.xml", members[1][1][:2000])]
    answer = ask(DR2, DR3)
    assert sorted(status(answer).values()) == ["failed", "received"]
    assert "README.xml: " in "".join(answer.account["reason"].drop_nulls())


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda reply: replace(reply, body=reply.body[:-100]), "damaged or incomplete"),
        (lambda reply: replace(reply, body=b""), "nothing at all"),
        (lambda reply: esa.Reply(b"<html>Maintenance</html>"), "Maintenance"),
        (lambda reply: esa.Reply(b"no light today", status=500), "500 Internal Server Error: no"),
        (lambda reply: esa.Reply(b"", status=503), "503"),
    ],
)
def test_an_answer_that_is_none_fails_every_star(server, ask, spoilt, told):
    server.reply = spoilt
    answer = ask(DR2, DR3)
    assert status(answer) == {DR2: "failed", DR3: "failed"}
    assert told in reason(answer, DR2) == reason(answer, DR3)
    assert answer.rows.is_empty()


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda reply: esa.Reply(b"overloaded", status=500),
        lambda reply: esa.Reply(b"<!DOCTYPE html><html>Maintenance</html>"),
        lambda reply: replace(reply, body=reply.body[:-100]),
    ],
)
def test_a_fault_that_passes_is_not_seen(server, ask, spoilt):
    faults = iter([spoilt])
    server.reply = lambda reply: next(faults, lambda same: same)(reply)
    assert status(ask(DR3, attempts=2)) == {DR3: "received"}
    assert len(server.asked) == 2


def test_the_order_of_products_does_not_matter(server, ask, stars):
    server.stars = {n: stars[DR3].renamed(n) for n in range(1, 9)}
    once = ask(*server.stars)

    def shuffled(members: esa.Members) -> esa.Members:
        return random.Random(1).sample(members, len(members))

    server.members = shuffled
    again = ask(*server.stars)
    assert again.rows.equals(once.rows)
    assert again.account.equals(once.account)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ids_per_request": 5001}, "less than or equal to 5000"),
        ({"structures": []}, "at least 1 item"),
        ({"format": "json"}, "'votable'"),
        ({"url": "ftp://archive"}, "pattern"),
        ({"forms": [LONG | {"key": []}]}, "need a `key`"),
        (
            {"forms": [LONG | {"columns": {"archive_id": "id", **dict.fromkeys(["band"], "b")}}]},
            "columns need",
        ),
    ],
)
def test_a_server_that_cannot_be_asked_is_refused(server, changes, told):
    with pytest.raises(ValidationError, match=told):
        config(server, **changes)
