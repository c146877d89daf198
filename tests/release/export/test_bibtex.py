import re
from dataclasses import replace

from rrcat.release.export.bibtex import bibliography, keyed

WORKS = (
    "Crestani et al. 2021, ApJ 908, 20",
    "Crestani et al. 2021, A&A 909, A20, doi:10.1234/x_y%20#1",
    "Dékány, Grebel & Pojmański 2021, ApJ 920, 33: metallicities of RR Lyrae stars",
    "Chen, T. & Guestrin, C. 2016, KDD '16, 785, doi:10.1145/2939672.2939785",
    "Somebody with {braces, in preparation",
)


def entries(text):
    found = re.findall(r"@(\w+)\{(\w+),\n(.*?)\n\}\n", text, re.DOTALL)
    fields = re.compile(r"  (\w+) = \{(.*)\},")
    return {key: {"kind": kind, **dict(fields.findall(body))} for kind, key, body in found}


def test_keys_are_who_and_when():
    assert list(keyed(WORKS)) == [
        *("Crestani2021", "Crestani2021b", "Dekany2021", "Chen2016", "Work5")
    ]


def test_the_same_work_many_times_has_a_key_each_time():
    assert len(keyed(["Doe 2021, ApJ 1, 1"] * 60)) == 60


def test_what_a_reference_says_is_in_its_entry(about):
    found = entries(bibliography(keyed(WORKS), about, None, None))
    assert found["Crestani2021"] == {
        "kind": "article",
        "author": "{Crestani} and others",
        "journal": "ApJ",
        "year": "2021",
        "volume": "908",
        "pages": "20",
        "adsurl": "https://ui.adsabs.harvard.edu/abs/2021ApJ...908...20C",
    }
    second = found["Crestani2021b"]
    assert (second["journal"], second["pages"]) == (r"A\&A", "A20")
    assert second["adsurl"].endswith(r"abs/2021A\%26A...909A..20C")
    assert second["doi"] == r"10.1234/x_y\%2520\%231"
    assert found["Dekany2021"]["note"] == "metallicities of RR Lyrae stars"
    assert found["Dekany2021"]["author"] == r"{D\'{e}k\'{a}ny} and {Grebel} and {Pojma\'{n}ski}"


def test_a_work_in_another_form_is_kept_whole(about):
    found = entries(bibliography(keyed(WORKS), about, None, None))
    assert found["Chen2016"] == {
        "kind": "misc",
        "author": r"{Chen, T. \& Guestrin, C.}",
        "title": "{KDD '16, 785}",
        "year": "2016",
        "doi": "10.1145/2939672.2939785",
    }
    assert found["Work5"]["author"] == r"{Somebody with \textbraceleft{}braces, in preparation}"


def test_the_release_is_cited_too(owned):
    told = replace(owned, title="50 % of φ")
    found = entries(bibliography({}, told, "2026-12-01", "10.5281/zenodo.1"))["catalogue"]
    assert found["author"] == r"{Doe}, Jane and {D\'{e}k\'{a}ny}, I."
    assert found["title"] == r"{50 \% of \ensuremath{\phi}}"
    assert (found["year"], found["version"], found["doi"]) == ("2026", "1.2.3", "10.5281/zenodo.1")


def test_braces_are_balanced_as_bibtex_counts_them(about):
    text = bibliography(keyed(WORKS), about, None, None)
    assert text.isascii()
    assert text.count("{") == text.count("}")
