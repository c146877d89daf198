import pytest

from rrcat.release.changed_stars import cell, step


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (1.2345678, 2.5, "1.235 -> 2.5"),
        (0.34420012, 0.34420037, "0.3442001 -> 0.3442004"),
        (0.1, 0.1 + 2**-55, "0.10000000000000001 -> 0.10000000000000003"),
        (None, 0.5, "none -> 0.5"),
        ("RRab", "RRc", "RRab -> RRc"),
        (252, 250, "252 -> 250"),
    ],
)
def test_what_moved_is_told_in_as_many_digits_as_show_it(before, after, told):
    assert step(before, after) == told


def test_a_cell_has_few_letters():
    assert [cell(value) for value in (0.123456, 7, None, "x")] == ["0.1235", "7", "none", "x"]
