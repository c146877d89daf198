import polars as pl

from rrcat.release.summary import summarise


def test_counts_add_up(frame, table):
    found = summarise(frame, table)
    assert found.n_rows == frame.height
    assert sum(found.statuses.values()) == frame.height
    assert sum(kind.n_rows for kind in found.types) == frame.height
    assert sum(kind.n_values for kind in found.types) == found.n_values == frame["feh"].count()


def test_statuses_are_in_the_order_of_the_definition(frame, table):
    found = list(summarise(frame, table).statuses)
    assert found == [value for value in table["feh_status"].values if value in found]


def test_every_bit_is_counted_on_its_own(frame, table):
    flagged = frame.with_columns(flags=pl.Series([5] + [4] * 299, dtype=pl.Int32))
    counts = {bit.value: n for bit, n in summarise(flagged, table).bits}
    assert (counts[1], counts[2], counts[4]) == (1, 0, 300)


def test_values_without_warning_are_counted(frame, table):
    flags = pl.Series([0] * 200 + [16] * 100, dtype=pl.Int32)
    found = summarise(frame.with_columns(flags=flags), table)
    assert found.n_unflagged == frame["feh"][:200].count()


def test_information_among_the_flags_warns_of_nothing(frame, table):
    (bit,) = [bit for bit in table["flags"].bits if bit.name == "period_fixed"]
    flags = pl.Series([bit.value] * 300, dtype=pl.Int32)
    found = summarise(frame.with_columns(flags=flags), table)
    assert found.n_unflagged == frame["feh"].count()


def test_extremes_of_values_and_errors_are_told(frame, table):
    found = summarise(frame, table)
    assert min(kind.feh_min for kind in found.types) == frame["feh"].min()
    assert max(kind.feh_max for kind in found.types) == frame["feh"].max()
    assert found.errors[0] == frame["feh_error"].min()
    assert found.errors[2] == frame["feh_error"].max()


def test_stars_of_unknown_type_are_counted(frame, table):
    unknown = [kind for kind in summarise(frame, table).types if kind.name == "unknown"]
    assert unknown[0].n_rows == frame["pulsation_type"].null_count()


def test_no_values_have_no_percentiles(frame, table):
    nothing = frame.with_columns(
        feh=pl.lit(None, dtype=pl.Float64), feh_error=pl.lit(None, dtype=pl.Float64)
    )
    found = summarise(nothing, table)
    assert found.errors == (None, None, None)
    assert found.n_unflagged == 0
    assert all(kind.feh_p50 is None for kind in found.types)
