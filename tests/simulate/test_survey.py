import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.schema import check, conform, load
from rrcat.simulate import simulate, write_survey
from rrcat.simulate.survey import DIFFICULTIES


@pytest.fixture(scope="module")
def survey():
    return simulate(80, seed=3)


@pytest.mark.parametrize("name", ["stars", "light_curves"])
def test_tables_conform_to_their_schema(survey, name):
    table = load(name)
    check(conform(survey[name], table), table)


def test_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_survey(tmp_path / name, 40, seed=5)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == ["light_curves.parquet", "recipe.toml", "stars.csv", "truth.parquet"]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_another_seed_gives_other_stars(survey):
    other = simulate(80, seed=4)["truth"]
    assert (other["feh"] != survey["truth"]["feh"]).all()


def test_a_smaller_survey_is_the_beginning_of_a_larger_one(survey):
    small = simulate(30, seed=3)
    for name, frame in small.items():
        assert_frame_equal(frame, survey[name].filter(pl.col("source_id") <= 30))


def test_every_difficulty_occurs_and_shows(survey):
    stars, curves, truth = survey["stars"], survey["light_curves"], survey["truth"]
    assert set(truth["difficulty"].drop_nulls()) == set(DIFFICULTIES.values())

    def ids(difficulty):
        return truth.filter(difficulty=difficulty)["source_id"].to_list()

    def rows(frame, difficulty):
        return frame.filter(pl.col("source_id").is_in(ids(difficulty)))

    assert rows(curves, "no light curve").is_empty()
    assert rows(stars, "no pulsation type")["pulsation_type"].null_count() == 2
    assert rows(stars, "no period")["period"].null_count() == 2
    assert rows(stars, "RRd")["pulsation_type"].to_list() == ["RRd", "RRd"]
    assert rows(curves, "few epochs").group_by("source_id").len()["len"].to_list() == [7, 7]
    assert rows(curves, "many bad epochs")["rejected"].mean() > 3 * curves["rejected"].mean()


def test_archive_knows_the_period_within_its_errors(survey):
    both = survey["stars"].join(survey["truth"], on="source_id", suffix="_true")
    pull = both.select((pl.col("period") - pl.col("period_true")) / pl.col("period_error"))
    assert 0.7 < pull.to_series().std() < 1.3
