import json
import re

import numpy as np
import polars as pl
import pytest

from rrcat.release import report as report_module
from rrcat.release.candidate import read_candidate
from rrcat.release.report import report
from rrcat.release.report_material import Material
from rrcat.release.summary import summarise
from rrcat.release.viewer import policy, script, viewer_data

HOSTILE = "</script><script>pwned = 1</script><img src=x onerror=pwned=1>"
POINTS = {"phase": [0.1, 0.6], "mag": [15.0, 15.5], "mag_error": [0.01, 0.02]}


def star(source_id, **changes):
    plain = {
        "source_id": source_id,
        "why": ["the rest"],
        "zp_mag": 15.25,
        "amplitudes": [0.3, 0.1],
        "phases": [3.0, 3.5],
        **POINTS,
        "left_out_phase": [0.3],
        "left_out_mag": [14.0],
        "n_thinned": 0,
        "estimates": [
            {"estimator": "toy-line", "feh": -1.5, "feh_error": 0.2, "status": "ok"},
            {"estimator": "other", "feh": None, "feh_error": None, "status": "no_period"},
        ],
    }
    return plain | changes


@pytest.fixture(scope="module")
def few(frame):
    """The last five rows, whose identifiers no float holds, with names that mean harm."""
    names = pl.Series([HOSTILE, "b", "c", "d", "e"])
    return frame.tail(5).with_columns(archive_id=names, feh=pl.lit(-1.5), period=pl.lit(0.5))


@pytest.fixture(scope="module")
def stars(few):
    ids = few["source_id"].to_list()
    rows = [star(one) for one in ids[:3]]
    rows[0]["why"] = [HOSTILE]
    bare = dict.fromkeys((*POINTS, "left_out_phase", "left_out_mag", "n_thinned"))
    rows.append(star(ids[3], **bare))
    rows.append(star(ids[4], **bare, zp_mag=None, amplitudes=None, phases=None))
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def write(few, table, about, make_candidate, tmp_path_factory):
    """Give the report of some of these five stars, without figures."""
    facts = read_candidate(make_candidate(tmp_path_factory.mktemp("viewer") / "candidate")).facts

    def of(stars):
        with pytest.MonkeyPatch.context() as patched:
            for name in ("figures", "distance_figures"):
                patched.setattr(report_module, name, lambda *arguments: [])
            material = Material(stars=stars)
            return report(few, summarise(few, table), table, about, facts, None, material)

    return of


@pytest.fixture(scope="module")
def page(write, stars, tmp_path_factory):
    """The report of all of them, as a file."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(write(stars), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, page):
    browser.open(page)
    return browser


def chosen(browser):
    return browser.run('document.querySelector("#viewer-facts dd").textContent')


def test_light_curves_are_promised_only_where_there_are_some(write, stars):
    each, some = "each with its folded light curve and its fit", "where there are any"
    whole, mixed, none = (write(rows) for rows in (stars.head(3), stars, stars.tail(2)))
    assert (each in whole, each in mixed, each in none) == (True, False, False)
    assert (some in mixed, some in none) == (True, False)
    assert "the light curves themselves were not read" in none


def test_page_opens_from_disk_without_network_or_complaint(opened, page):
    assert opened.requests == [page.as_uri()]
    assert opened.complaints == []


def test_star_is_shown_with_every_digit_of_its_identifier(opened, stars):
    assert chosen(opened) in [str(one) for one in stars["source_id"]]
    assert not opened.run('document.getElementById("viewer").hidden')


def test_arrow_keys_go_round_all_stars(opened, stars):
    opened.run('document.getElementById("viewer-plot").focus()')
    seen = []
    for _ in range(stars.height):
        seen.append(chosen(opened))
        opened.press("ArrowRight")
    assert sorted(seen) == sorted(str(one) for one in stars["source_id"])
    assert chosen(opened) == seen[0]
    opened.press("ArrowLeft")
    assert chosen(opened) == seen[-1]


def test_list_chooses_a_star(opened):
    opened.run(
        'const list = document.getElementById("viewer-star"); list.selectedIndex = 2;'
        'list.dispatchEvent(new Event("change"));'
    )
    wanted = opened.run('document.getElementById("viewer-star").selectedOptions[0].textContent')
    assert wanted.startswith(chosen(opened))


def test_search_leaves_the_stars_that_match(opened, stars):
    wanted = str(stars["source_id"][3])
    opened.run('document.getElementById("viewer-find").focus()')
    opened.call("Input.insertText", text=wanted)
    assert chosen(opened) == wanted
    assert opened.run('document.querySelectorAll("#viewer-star option").length') == 1


def test_points_are_drawn_in_two_cycles_with_the_fit(opened, stars):
    opened.run('document.getElementById("viewer-find").focus()')
    opened.call("Input.insertText", text=str(stars["source_id"][1]))
    count = 'document.querySelectorAll("#viewer-plot > svg .{}").length'
    assert opened.run(count.format("point")) == 2 * len(POINTS["phase"])
    assert opened.run(count.format("curve")) == 1
    values = opened.run('document.getElementById("viewer-values").textContent')
    assert "toy-line" in values
    assert "no period" in values


def test_fit_alone_and_neither_fit_nor_points_are_told(opened, stars):
    opened.run('document.getElementById("viewer-find").focus()')
    opened.call("Input.insertText", text=str(stars["source_id"][3]))
    assert opened.run('document.querySelectorAll("#viewer-plot > svg .curve").length') == 1
    opened.run(
        'const box = document.getElementById("viewer-find");'
        f'box.value = "{stars["source_id"][4]}"; box.dispatchEvent(new Event("input"));'
    )
    assert "no light curve" in opened.run('document.getElementById("viewer-plot").textContent')


def test_text_of_an_archive_runs_nothing(opened, few):
    opened.run(
        'const box = document.getElementById("viewer-find");'
        'box.value = "pwned"; box.dispatchEvent(new Event("input"));'
    )
    assert HOSTILE in opened.run('document.getElementById("viewer-facts").textContent')
    assert opened.run("typeof pwned") == "undefined"
    assert opened.complaints == []


def test_script_that_is_not_of_the_page_is_refused(opened):
    opened.run(
        'const more = document.createElement("script"); more.textContent = "pwned = 1";'
        "document.body.append(more);"
    )
    assert opened.run("typeof pwned") == "undefined"


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_page_is_no_wider_than_the_screen(browser, page, width):
    browser.open(page, width)
    assert browser.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_ground(opened, scheme):
    opened.call(
        "Emulation.setEmulatedMedia",
        features=[{"name": "prefers-color-scheme", "value": scheme}],
    )
    shown = opened.run(
        'const style = getComputedStyle(document.documentElement); ["--paper", "--ink", "--soft",'
        '"--accent", "--good", "--bad", "--point", "--curve", "--out"].map(name =>'
        " style.getPropertyValue(name).trim())"
    )
    paper, *inks = map(luminance, shown)
    for ink in inks:
        light, dark = max(paper, ink), min(paper, ink)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour):
    """Give the relative luminance of a colour (WCAG 2.1)."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def test_data_cannot_end_their_element(stars, few, table):
    text = viewer_data(stars, few, few.height, table, None)
    assert not re.search("[<>&]", text)
    assert json.loads(text)["stars"][0]["name"] == HOSTILE


def test_known_value_of_a_calibrator_is_told(stars, few, table):
    known = few.select("source_id", feh_true=pl.lit(-1.25)).head(1)
    told = json.loads(viewer_data(stars, few, few.height, table, known))["stars"]
    assert [one.get("known") for one in told] == [-1.25, None, None, None, None]


def test_flags_are_told_by_name(stars, few, table):
    bit = table["flags"].bits[2]
    rows = few.with_columns(flags=pl.lit(bit.value, dtype=pl.Int32))
    told = json.loads(viewer_data(stars, rows, rows.height, table, None))
    assert told["stars"][0]["flags"] == [bit.name]
    assert told["flags"][bit.name] == [bit.kind, bit.description]


def test_policy_lets_one_script_run_and_nothing_load():
    assert "default-src 'none'" in policy(script())
    assert policy("one") != policy("two")
