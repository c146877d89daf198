from pathlib import Path

import polars as pl
import pytest

from rrcat.archive.config import TimeSystem
from rrcat.archive.readers import StatedTime
from rrcat.archive.times import check_plausible, check_time_system, shift_times
from rrcat.errors import ArchiveError

GAIA = TimeSystem()
ASAS = TimeSystem(scale="UTC", reference_position="HELIOCENTER", origin_jd=2450000.0)
FILE = Path("curve.xml")


def test_points_in_time_are_moved_and_lengths_of_time_are_not():
    features = pl.DataFrame({"period": [0.5], "epoch": [5197.5], "reference_time": [6000.0]})
    shifted = shift_times(features, "features", ASAS)
    assert shifted.row(0) == (0.5, 0.0, 802.5)


def test_gaia_times_stay_as_they_are():
    curves = pl.DataFrame({"time": [1700.123456789, None]})
    assert shift_times(curves, "light_curves", GAIA).equals(curves)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        (StatedTime("TDB", "BARYCENTER", 2455197.5), "scale TDB and not TCB"),
        (StatedTime("TCB", "HELIOCENTER", None), "reference_position HELIOCENTER and not BARY"),
        (StatedTime(None, None, 2400000.5), "origin_jd 2400000.5 and not 2455197.5"),
    ],
)
def test_a_file_that_contradicts_the_recipe_is_refused(stated, told):
    with pytest.raises(ArchiveError, match=told) as caught:
        check_time_system(stated, GAIA, FILE)
    assert caught.value.where == {"file": FILE}
    assert "[archive.time]" in caught.value.hint


@pytest.mark.parametrize(
    "stated",
    [
        None,
        StatedTime("TCB", "BARYCENTER", 2455197.5),
        StatedTime(None, None, None),
        StatedTime("UNKNOWN", "UNKNOWN", None),
    ],
)
def test_what_a_file_leaves_open_contradicts_nothing(stated):
    check_time_system(stated, GAIA, FILE)


@pytest.mark.parametrize(
    ("times", "origin"),
    [
        ([0.1, 0.9], 2455197.5),  # folded, within one cycle
        ([1700.0, 2700.0], 2455197.5),
        ([2457000.2], 0.0),
        ([57000.2], 2400000.5),
        ([-1e9, 1700.0, 1e9], 2455197.5),  # single times may be wrong
        ([None], 0.0),
    ],
)
def test_times_of_any_survey_are_plausible(times, origin):
    system = TimeSystem(origin_jd=origin)
    curves = pl.DataFrame({"time": times}, schema={"time": pl.Float64})
    check_plausible(shift_times(curves, "light_curves", system)["time"], system, FILE)


@pytest.mark.parametrize(("time", "origin"), [(1700.0, 0.0), (2457000.2, 2455197.5), (0.5, 0.0)])
def test_times_with_the_wrong_origin_are_refused(time, origin):
    system = TimeSystem(origin_jd=origin)
    shifted = shift_times(pl.DataFrame({"time": [time] * 3}), "light_curves", system)
    with pytest.raises(ArchiveError, match="no photometry") as caught:
        check_plausible(shifted["time"], system, FILE)
    assert "`[archive.time] origin_jd`" in caught.value.hint
    assert caught.value.where["file"] == FILE
