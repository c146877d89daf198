import re
from dataclasses import replace

import polars as pl
import pytest

from rrcat.release.diff import differences
from rrcat.release.diff_page import diff_page
from rrcat.release.facts_diff import FactChange
from rrcat.release.sides import Pair, Side

FACTS = {
    "name": "rrl-example",
    "title": "Metallicities",
    "scale": "C21",
    "recipe": {},
    "inputs": [],
    "estimators": [{"id": "toy", "version": "1.0.0"}],
    "versions": {"numpy": "2.4.6"},
}
HOSTILE = "</table><script>pwned = 1</script>"


def found_of(pair):
    found = differences(pair)
    hostile = FactChange(HOSTILE, HOSTILE, HOSTILE)
    return replace(found, facts=(*found.facts, hostile))


@pytest.fixture(scope="module")
def pair(frame, table, tmp_path_factory):
    """The example, and a copy in which values moved, a star left and flags changed."""
    folder = tmp_path_factory.mktemp("sides")
    known = frame.with_columns(feh=pl.col("feh") * 0.1, ra=pl.col("ra").fill_null(1.0))
    third = pl.int_range(pl.len()) % 3 == 0
    changed = known[1:].with_columns(
        feh=pl.when(third).then(pl.col("feh") + 0.2).otherwise("feh"),
        period=pl.when(third).then(pl.col("period") * 1.01).otherwise("period"),
        flags=pl.col("flags").xor(16),
        feh_status=pl.col("feh_status").replace("ok", "no_period"),
    )
    new = FACTS | {"versions": {"numpy": "2.5.0"}}
    return Pair(
        Side("a 1.0.0", folder, FACTS, table, known), Side("b", folder, new, table, changed)
    )


@pytest.fixture(scope="module")
def html(pair):
    return diff_page(pair, found_of(pair))


@pytest.fixture(scope="module")
def page(html, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "diff.html"
    path.write_text(html, encoding="utf-8")
    return path


def test_page_opens_from_disk_without_network_or_complaint(browser, page):
    browser.open(page)
    assert browser.requests == [page.as_uri()]
    assert browser.complaints == []
    assert browser.run("typeof pwned") == "undefined"


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_page_is_no_wider_than_the_screen(browser, page, width):
    browser.open(page, width)
    assert browser.run("document.documentElement.scrollWidth") <= width


def test_dark_page_has_a_dark_ground(browser, page):
    for scheme, dark in (("light", False), ("dark", True)):
        told = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.call("Emulation.setEmulatedMedia", features=told)
        browser.open(page)
        ground = browser.run("getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", ground)[0]) < 128) == dark


def test_figures_are_there_and_say_in_words_what_they_show(browser, page):
    browser.open(page)
    alts = browser.run('[...document.querySelectorAll("img")].map(image => image.alt)')
    assert len(alts) == 5
    assert all(re.search(r"\d", alt) for alt in alts)
    assert browser.run('[...document.querySelectorAll("img")].every(one => one.naturalWidth > 0)')


def test_links_lead_to_sections_that_are_there(browser, page):
    browser.open(page)
    lost = '[...document.querySelectorAll("nav a")].filter(a => !document.querySelector(a.hash))'
    assert browser.run(f"{lost}.length") == 0


def test_headline_causes_stars_and_step_are_told(html, pair):
    found = differences(pair)
    assert f"<dd>{found.n_changed}</dd>" in html
    assert "light curve, period or type" in html
    assert f"<code>{found.stars[0].source_id}</code>" in html
    assert "→" in html
    assert f"asks for a <b>{found.step.level}</b> step" in html
    assert "<code>extrapolated</code>" in html
    assert "<code>versions.numpy</code>" in html


def test_same_catalogues_give_the_same_bytes(html, pair):
    assert diff_page(pair, found_of(pair)) == html


def test_catalogues_without_differences_have_a_page(pair):
    same = Pair(pair.before, pair.before)
    html = diff_page(same, differences(same))
    assert "No star of both has changed." in html
    assert "From the same, by the same." in html
    assert "Shift against" not in html
