"""What the archive does not say is looked for; what it says is taken."""

import polars as pl
import pytest

from rrcat.fourier.measure import measure, with_found
from rrcat.fourier.search_settings import PeriodSearchSettings
from rrcat.fourier.settings import FitSettings
from rrcat.lightcurve import CleaningSettings
from rrcat.schema import check, conform, load
from rrcat.simulate import simulate


@pytest.fixture(scope="module")
def survey() -> dict[str, pl.DataFrame]:
    """Eleven stars without difficulties, and one without light curve."""
    tables = simulate(150, bands=("G",))
    regular = pl.col("difficulty").is_null() & pl.col("kind").is_in(["RRab", "RRc"])
    truth = tables["truth"].filter(~pl.col("blazhko"))
    unseen = truth.filter(difficulty="no light curve").head(1)
    truth = pl.concat([truth.filter(regular).head(11), unseen]).sort("source_id")
    ids = truth["source_id"].implode()
    return {"truth": truth} | {
        name: conform(tables[name].filter(pl.col("source_id").is_in(ids)), load(name))
        for name in ("stars", "light_curves")
    }


def measured(
    survey: dict[str, pl.DataFrame], stars: pl.DataFrame, search: PeriodSearchSettings | None
) -> pl.DataFrame:
    features = measure(
        survey["light_curves"],
        stars,
        ["G"],
        fourier=FitSettings(),
        cleaning=CleaningSettings(),
        search=search,
    )
    check(conform(features, load("features")), load("features"))
    return features


def unknown(stars: pl.DataFrame) -> pl.DataFrame:
    return stars.with_columns(
        period=pl.lit(None, dtype=pl.Float64), pulsation_type=pl.lit(None, dtype=pl.String)
    )


def test_what_the_archive_says_is_taken(survey: dict[str, pl.DataFrame]) -> None:
    features = measured(survey, survey["stars"], PeriodSearchSettings())
    with_curve = features.filter(pl.col("fit_status") == "ok")
    assert set(with_curve["period_source"]) == {"archive"}
    assert features["inferred_type"].null_count() == features.height
    assert with_found(survey["stars"], features).equals(survey["stars"])


def test_period_and_type_are_found_where_the_archive_has_none(
    survey: dict[str, pl.DataFrame],
) -> None:
    stars = unknown(survey["stars"])
    features = measured(survey, stars, PeriodSearchSettings())
    found = with_found(stars, features).join(survey["truth"], on="source_id", suffix="_true")
    found = found.filter(pl.col("period").is_not_null())
    assert found.height == 11  # the twelfth has no light curve
    off = (found["period"] / found["period_true"] - 1.0).abs()
    assert off.max() < 1e-4  # type: ignore[operator]
    assert (found["pulsation_type"] == found["pulsation_type_true"]).all()


def test_without_a_search_such_a_star_has_no_period(survey: dict[str, pl.DataFrame]) -> None:
    features = measured(survey, unknown(survey["stars"]), None)
    assert set(features["fit_status"]) == {"no_light_curve", "no_period"}
    assert features["period_source"].null_count() == features.height


def test_a_star_alone_is_measured_as_among_others(survey: dict[str, pl.DataFrame]) -> None:
    stars = unknown(survey["stars"])
    together = measured(survey, stars, PeriodSearchSettings())
    for source_id in stars["source_id"].head(3):
        mine = pl.col("source_id") == source_id
        alone = measured(
            survey | {"light_curves": survey["light_curves"].filter(mine)},
            stars.filter(mine),
            PeriodSearchSettings(),
        )
        assert alone.equals(together.filter(mine))
