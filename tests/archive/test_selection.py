import polars as pl
import pytest

from rrcat.archive import Selection, select
from rrcat.errors import ArchiveError
from rrcat.schema import conform, load

STARS = conform(
    pl.DataFrame(
        {
            "source_id": [1, 2, 3],
            "period": [0.3, None, 0.6],
            "pulsation_type": ["RRc", None, "RRab"],
        }
    ),
    load("stars"),
)


def chosen(**selection) -> list[int]:
    return select(STARS, Selection(**selection))["source_id"].to_list()


def test_everything_is_taken_by_default():
    assert chosen() == [1, 2, 3]


def test_an_expression_chooses():
    assert chosen(where="period < 0.5 AND pulsation_type = 'RRc'") == [1]
    assert chosen(where="period IS NULL OR period > 0.5") == [2, 3]


def test_a_limit_takes_the_first():
    assert chosen(limit=2) == [1, 2]
    assert chosen(where="period IS NOT NULL", limit=2) == [1, 3]


def test_an_empty_selection_is_refused():
    with pytest.raises(ArchiveError, match="selection is empty: none of 3 stars") as caught:
        chosen(where="period > 1")
    assert "`where = 'period > 1'`" in caught.value.hint


@pytest.mark.parametrize("where", ["perod > 0.5", "period >", "period", "period + 1", "1 = 1 ;"])
def test_an_expression_that_cannot_be_followed_is_refused(where):
    with pytest.raises(ArchiveError, match="cannot follow") as caught:
        chosen(where=where)
    assert "the columns are source_id, archive_id" in caught.value.hint
