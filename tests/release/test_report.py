import re
from html.parser import HTMLParser

import polars as pl
import pytest

from rrcat.release import report as report_module
from rrcat.release import report_calibrators
from rrcat.release.about import About
from rrcat.release.candidate import read_candidate
from rrcat.release.report import _parameter, _share, report
from rrcat.release.report_material import Material
from rrcat.release.summary import summarise

NOTHING = Material()


@pytest.fixture
def make_report(candidate, frame, table, about, monkeypatch):
    """Make a report; its figures, which take long, only where they are asked for."""
    facts = read_candidate(candidate).facts

    def make(rows=frame, about=about, override=None, material=NOTHING, drawn=False, **changes):
        for name in () if drawn else ("figures", "distance_figures"):
            monkeypatch.setattr(report_module, name, lambda *arguments: [])
        told = facts | changes
        return report(rows, summarise(rows, table), table, about, told, override, material)

    return make


class Tags(HTMLParser):
    """Check that elements nest and collect their attributes."""

    EMPTY = ("meta", "img", "br", "link", "input")

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def tags_of(html):
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    return parser.seen


def test_page_is_complete_in_itself_and_without_light_curves_runs_nothing(make_report):
    html = make_report(drawn=True)
    tags = tags_of(html)
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object", "form"}
    sources = [attributes["src"] for tag, attributes in tags if tag == "img"]
    assert len(sources) == 6
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert "@import" not in html
    assert "url(" not in html


def test_every_figure_says_in_words_what_it_shows(make_report):
    alts = [
        attributes["alt"] for tag, attributes in tags_of(make_report(drawn=True)) if tag == "img"
    ]
    assert all(re.search(r"\d", alt) for alt in alts)


def test_headline_numbers_are_those_of_the_rows(make_report, frame):
    html = make_report()
    assert f"<dd>{frame.height:,}</dd>" in html
    assert f"<dd>{frame['feh'].count():,}</dd>" in html


def test_scale_and_unflagged_values_are_explained(make_report, frame, table, owned):
    html = make_report(about=owned)
    assert "on the scale C21: High-resolution" in html
    assert f"<dd>{summarise(frame, table).n_unflagged:,}</dd>" in html
    warnings = table["flags"].warnings
    assert f"!NULL_feh &amp;&amp; (flags &amp; {warnings}) == 0" in html
    assert "Doe, Jane; Dékány, I." in html


def test_positions_are_told_only_where_there_are_any(make_report, frame):
    assert "Positions are ICRS" in make_report()
    nowhere = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(c) for c in ("ra", "dec"))
    assert "Positions are" not in make_report(nowhere)


def test_text_from_outside_is_escaped(make_report, about):
    hostile = '<script>alert("1")</script>'
    spoilt = About(**{**vars(about), "title": hostile, "reference": (hostile,), "rights": hostile})
    checks = [{"name": hostile, "passed": False, "detail": hostile}]
    html = make_report(about=spoilt, override=hostile, validation=checks)
    assert "<script" not in html
    tags_of(html)


def test_same_rows_give_the_same_bytes(make_report):
    assert make_report(drawn=True) == make_report(drawn=True)


def test_user_settings_of_matplotlib_do_not_enter(make_report, monkeypatch):
    import matplotlib

    before = make_report(drawn=True)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30, "svg.hashsalt": "x"}):
        assert make_report(drawn=True) == before


def test_catalogue_without_any_value_still_has_a_report(make_report, frame, table):
    empty = pl.DataFrame(
        {
            "source_id": [1],
            "feh_scale": ["C21"],
            "feh_status": ["no_light_curve"],
            "flags": pl.Series([0], dtype=pl.Int32),
        }
    )
    nothing = [pl.lit(None, dtype=c.polars).alias(c.name) for c in table.column]
    rows = empty.with_columns(c for c in nothing if c.meta.output_name() not in empty.columns)
    html = make_report(rows.select(table.names), drawn=True)
    assert "<figure>" not in html
    assert "no_light_curve" in html


def test_one_star_has_a_report(make_report, frame):
    row = frame.drop_nulls(["feh", "feh_error", "ra", "dec"]).head(1)
    assert make_report(row, drawn=True).count("<figure>") >= 3


@pytest.mark.parametrize(
    ("n", "whole", "told"),
    [(0, 5, "0 %"), (5, 5, "100 %"), (1, 100_000, "0.1 %"), (99_999, 100_000, "99.9 %")],
)
def test_few_are_not_told_as_none_and_most_not_as_all(n, whole, told):
    assert _share(n, whole) == told


def test_extremes_of_each_type_are_told(make_report, frame):
    html = make_report()
    for kind in ("RRab", "RRc"):
        feh = frame.filter(pl.col("pulsation_type") == kind)["feh"]
        for value in (feh.min(), feh.max()):
            told = f"{value:.2f}".replace("-", "−")
            assert f'<td class="n">{told}</td>' in html


def test_parameters_of_estimators_are_told_in_words():
    assert _parameter(["muraveva25", "dekany21"]) == "muraveva25, dekany21"
    assert _parameter({"chains": 2, "warmup": 500}) == "(chains 2, warmup 500)"


def test_validation_that_could_not_be_made_is_open(make_report):
    checks = [{"name": "clusters", "passed": None, "detail": "could not be made"}]
    html = make_report(validation=checks)
    assert '<li class="open"><b>open</b>' in html
    assert "FAILED" not in html


def test_an_override_names_what_failed(make_report):
    checks = [
        {"name": name, "passed": passed, "detail": "x"}
        for name, passed in (("the first", True), ("the second", False), ("the third", None))
    ]
    html = make_report(validation=checks, override="known")
    assert "<p>What failed: the second.</p>" in html


def test_tables_of_checks_are_shown(make_report):
    rows = [{"difference": 0.1234, "n": 12, "system": "<NGC 1>"}]
    check = {"check": "clusters", "name": "a", "passed": True, "detail": "b", "value": 0.1}
    told = check | {"threshold": 0.2, "unit": "mag", "rows": rows}
    html = make_report(material=Material(checks=(told,)))
    assert "0.100 against a limit of 0.200 mag" in html
    assert '<td>&lt;NGC 1&gt;</td><td class="n">12</td><td class="n">0.123</td>' in html


def test_report_says_why_it_has_no_test_on_calibrators(make_report):
    learned = {"calibration": {"scale": "C21"}}
    assert "The recipe combines nothing" in make_report(recipe=learned)
    assert "Nothing was learned from calibrators" in make_report(recipe={"calibration": None})


def test_contents_lead_to_sections_that_are_there(make_report):
    tags = tags_of(make_report())
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    assert links
    assert {link.removeprefix("#") for link in links} <= ids


def test_estimators_that_are_not_combined_are_named(make_report, monkeypatch):
    told = report_calibrators.Tested("combination", 2, [], [], [])
    monkeypatch.setattr(report_module, "tested", lambda *arguments: told)
    assert "Not combined:" in make_report(recipe={"combination": {"estimators": ["other"]}})
    assert "Not combined:" not in make_report(recipe={"combination": {"estimators": []}})


def test_lists_of_parameters_are_told_apart():
    told = _parameter({"RRab": ["period", "phi31"], "RRc": ["period"]})
    assert told == "(RRab period, phi31; RRc period)"
