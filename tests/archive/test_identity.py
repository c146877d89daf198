import hashlib

import polars as pl
import pytest

from rrcat.archive import identity
from rrcat.archive.identity import identifiers, source_id
from rrcat.errors import ArchiveError


def test_it_is_the_first_63_bits_of_the_hash():
    digest = hashlib.blake2b(b"ASAS\x00203815-0253.5", digest_size=8).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)[:63]
    assert source_id("ASAS", "203815-0253.5") == int(bits, 2)


def test_it_never_changes():
    # Published catalogues rest on this number.
    assert source_id("ASAS", "203815-0253.5") == 6656620049697646310


def test_survey_and_name_are_not_run_together():
    assert source_id("A", "B1") != source_id("AB", "1")


def test_the_number_of_a_missing_identifier_is_never_given(monkeypatch):
    class Digest:
        def digest(self):
            return b"\xff" * 8

    monkeypatch.setattr(identity.hashlib, "blake2b", lambda *args, **kwargs: Digest())
    assert source_id("ASAS", "any") == 0


def test_each_star_is_given_once_and_sorted():
    both = identifiers("S", pl.Series(["b", "a", "b"]))
    assert sorted(both["archive_id"]) == ["a", "b"]
    assert both["source_id"].is_sorted()


def test_a_collision_names_both_stars(monkeypatch):
    monkeypatch.setattr(identity, "source_id", lambda survey, name: 7)
    with pytest.raises(ArchiveError, match=r"'a' and 'b' get one source_id \[star: 7\]"):
        identifiers("S", pl.Series(["b", "a"]))
