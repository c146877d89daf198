"""The numbers of a catalogue that a paper about it tells, each a command of LaTeX."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import sqrt

import polars as pl

from rrcat.release.export.latex import command, comment, count, decimals, latex, number
from rrcat.release.export.paper_material import Material
from rrcat.release.manifest import MANIFEST
from rrcat.release.summary import Summary, summarise

PREFIX = "cat"
# Columns whose spread is told: what their commands are called, and what they hold.
QUANTITIES = {
    "feh": ("FeH", "[Fe/H]"),
    "feh_error": ("FeHError", "standard error of [Fe/H]"),
    "period": ("Period", "period"),
    "int_average_mag": ("Magnitude", "mean magnitude"),
    "peak_to_peak": ("Amplitude", "peak-to-peak amplitude"),
    "n_epochs": ("Epochs", "number of observations in the fit"),
    "distance_modulus": ("Modulus", "distance modulus"),
    "distance_modulus_error": ("ModulusError", "random error of the distance modulus"),
    "distance_modulus_syst": ("ModulusSystematic", "systematic error of the distance modulus"),
    "distance_p50": ("Distance", "distance"),
}
DISTANCES = tuple(name for name in QUANTITIES if name.startswith("distance"))
QUANTILES = {
    "Min": (0.0, "least"),
    "PFive": (0.05, "5th percentile of"),
    "PSixteen": (0.16, "16th percentile of"),
    "Median": (0.5, "median"),
    "PEightyFour": (0.84, "84th percentile of"),
    "PNinetyFive": (0.95, "95th percentile of"),
    "Max": (1.0, "greatest"),
}
# A median's standard error is 1.2533 times that of a mean.
OF_A_MEDIAN = 1.2533
DEFAULT = 2
"""Decimals of a number whose uncertainty is not known."""


@dataclass(frozen=True)
class Number:
    """A number, or another fact: the name of its command, LaTeX, meaning, unit, and origin."""

    name: str
    text: str
    meaning: str
    unit: str
    file: str

    @property
    def line(self) -> str:
        """Its definition."""
        unit = f" [{self.unit}]" if self.unit else ""
        told = f"{comment(self.meaning)}{unit}; {self.file}"
        return f"\\newcommand{{\\{PREFIX}{self.name}}}{{{self.text}}}% {told}"


@dataclass(frozen=True)
class Group:
    """Numbers of one kind, and in words which the release does not know."""

    title: str
    numbers: tuple[Number, ...]
    lacks: tuple[str, ...] = ()


def distinct(groups: Iterable[Group]) -> list[Group]:
    """Give the groups with a name of its own for each number.

    Where names are the same as commands, since what sets them apart is no letter, the later ones
    end with ``Two``, ``Three`` and so on.
    """
    seen: set[str] = set()
    told = []
    for group in groups:
        numbers = []
        for one in group.numbers:
            name, n = one.name, 1
            while name in seen:
                n += 1
                name = one.name + command(n)
            seen.add(name)
            numbers.append(replace(one, name=name))
        told.append(replace(group, numbers=tuple(numbers)))
    return told


def catalogue_numbers(told: Material) -> list[Group]:
    """Give what is true of the catalogue: what it is, how many stars, how values are spread."""
    summary = summarise(told.frame, told.table)
    return [
        _identity(told),
        _counts(told, summary),
        _spreads(told),
        _types(told),
        _flags(told, summary),
        _software(told),
    ]


def _identity(told: Material) -> Group:
    about, facts = told.about, told.release.manifest.facts
    texts = {
        "Name": (about.name, "name of the catalogue"),
        "Title": (about.title, "title of the catalogue"),
        "Version": (about.version, "version of the release"),
        "Date": (told.date, "date of the release"),
        "Doi": (told.doi, "DOI of the release"),
        "Survey": (about.survey, "survey of the light curves"),
        "Rights": (about.rights, "licence"),
        "Scale": (about.scale, "metallicity scale"),
        "ScaleDefinition": (about.scale_definition, "what the metallicity scale rests on"),
        "CoordinateSystem": (about.coordinate_system, "system of the positions"),
        "CoordinateEpoch": (about.coordinate_epoch, "epoch of the positions"),
        "TimeScale": (about.time_scale, "scale of the times"),
        "TimeOrigin": (f"{about.origin_jd:.10g}", "Julian date from which times count"),
        "SchemaVersion": (facts["schema_version"], f"version of the table {facts['schema']}"),
        "Seed": (facts["seed"], "seed of what is drawn at random"),
    }
    elsewhere = {"Date": about.date is None, "Doi": about.doi is None}
    numbers = [
        Number(name, latex(text), meaning, "", _place(elsewhere.get(name, False)))
        for name, (text, meaning) in texts.items()
        if text is not None
    ]
    error = facts.get("zero_point_error")
    if error is not None:
        meaning = "uncertainty of the zero-point of [Fe/H]"
        shown = number(error, decimals(error) if error else DEFAULT)
        numbers.append(Number("ZeroPointError", shown, meaning, "dex", MANIFEST))
    lacks = [meaning for name, (text, meaning) in texts.items() if text is None]
    lacks += [] if error is not None else ["uncertainty of the zero-point of [Fe/H]"]
    return Group("The release", tuple(numbers), tuple(f"the {what}" for what in lacks))


def _place(in_history: bool) -> str:
    return "releases.toml beside the release" if in_history else MANIFEST


def _counts(told: Material, summary: Summary) -> Group:
    numbers = [
        _count(told, "Stars", summary.n_rows, "stars"),
        _count(told, "Columns", len(told.release.table.column), "columns"),
    ]
    lacks = []
    if told.has("feh"):
        without = summary.n_rows - summary.n_values
        numbers += [
            _count(told, "StarsWithValue", summary.n_values, "stars with a metallicity"),
            _count(told, "StarsWithoutValue", without, "stars without a metallicity"),
            _share(told, "ShareWithValue", summary.n_values, summary.n_rows, "a metallicity"),
        ]
    if told.has("feh", "flags"):
        good = "a metallicity and no warning among the flags"
        numbers.append(_count(told, "StarsGood", summary.n_unflagged, f"stars with {good}"))
        numbers.append(_share(told, "ShareGood", summary.n_unflagged, summary.n_rows, good))
    if told.has("feh_status"):
        numbers += [
            _count(told, f"Status{command(name)}", n, f"stars with feh_status {name}")
            for name, n in summary.statuses.items()
        ]
    if told.has("distance_modulus") and (n := told.frame["distance_modulus"].count()):
        numbers.append(_count(told, "StarsWithDistance", n, "stars with a distance"))
    else:
        lacks.append("distances")
    return Group("Stars", tuple(numbers), tuple(lacks))


def _spreads(told: Material) -> Group:
    of = "stars with a metallicity" if told.has("feh") else "stars"
    rows = told.valued if told.has("feh") else told.frame
    numbers: list[Number] = []
    lacks = []
    for column, (name, what) in QUANTITIES.items():
        cells = (told.frame if column in DISTANCES else rows)[column].drop_nulls()
        if len(cells):
            stars = "stars with one" if column in DISTANCES else of
            numbers += _quantiles(told, name, cells, f"{what} of {stars}")
        elif column not in DISTANCES:
            lacks.append(f"any {what}")
    return Group("How values are spread", tuple(numbers), tuple(lacks))


def _types(told: Material) -> Group:
    if not told.has("pulsation_type"):
        return Group("Pulsation types", (), ("pulsation types",))
    numbers: list[Number] = []
    known = [*(told.table["pulsation_type"].values or ()), None]
    for kind in known:
        same = pl.col("pulsation_type").eq_missing(pl.lit(kind, dtype=pl.String))
        rows = told.frame.filter(same)
        if rows.is_empty():
            continue
        name, of = command(kind or "unknown"), f"{kind} stars" if kind else "stars of unknown type"
        numbers.append(_count(told, f"{name}Stars", rows.height, of))
        if not told.has("feh"):
            continue
        rows = rows.drop_nulls("feh")
        numbers.append(_count(told, f"{name}WithValue", rows.height, f"{of} with a metallicity"))
        for column in ("feh", "feh_error", "period"):
            short, what = QUANTITIES[column]
            cells = rows[column].drop_nulls()
            if len(cells):
                words = f"{what} of {of} with a metallicity"
                numbers += _quantiles(told, f"{name}{short}", cells, words)
    return Group("Pulsation types", tuple(numbers))


def _flags(told: Material, summary: Summary) -> Group:
    if not told.has("flags"):
        return Group("Flags", (), ("flags",))
    numbers = (
        _count(told, f"Flag{command(bit.name)}", n, f"stars with the flag {bit.name}, {bit.kind}")
        for bit, n in summary.bits
    )
    return Group("Flags", tuple(numbers))


def _software(told: Material) -> Group:
    facts = told.release.manifest.facts
    used = [
        Number(f"Version{command(name)}", latex(version), f"version of {name}", "", MANIFEST)
        for name, version in sorted(facts["versions"].items())
    ]
    estimators = [
        Number(
            f"Estimator{command(one['id'])}Version",
            latex(one["version"]),
            f"version of the estimator {one['id']}",
            "",
            MANIFEST,
        )
        for one in facts["estimators"]
    ]
    n = Number("Estimators", count(len(estimators)), "estimators used", "", MANIFEST)
    listed = ", ".join(f"{name} ({version})" for name, version in sorted(facts["versions"].items()))
    every = Number("Software", latex(listed), "all that it was made with", "", MANIFEST)
    return Group("Software", (n, *estimators, every, *used))


def _count(told: Material, name: str, n: int, meaning: str) -> Number:
    return Number(name, count(n), f"number of {meaning}", "", told.rows)


def _share(told: Material, name: str, n: int, whole: int, meaning: str) -> Number:
    return Number(name, share(n, whole), f"share of stars with {meaning}", "%", told.rows)


def share(n: int, whole: int) -> str:
    """Give a share in percent; what is there is never told as 0, nor what lacks as 100."""
    if not whole or n in (0, whole):
        return "100" if n else "0"
    return number(min(max(100 * n / whole, 0.1), 99.9), 1)


def _quantiles(told: Material, name: str, cells: pl.Series, meaning: str) -> Iterator[Number]:
    places = _places(cells)
    unit = told.table[cells.name].unit_in("votable")
    for suffix, (q, words) in QUANTILES.items():
        value = cells.quantile(q, interpolation="linear")
        assert value is not None  # there are cells
        yield Number(name + suffix, number(value, places), f"{words} {meaning}", unit, told.rows)


def _places(cells: pl.Series) -> int:
    """Give how many decimals the median of some cells is known to."""
    if cells.dtype.is_integer():
        return 0
    low, high = (cells.quantile(q, interpolation="linear") or 0.0 for q in (0.16, 0.84))
    error = OF_A_MEDIAN * (high - low) / 2 / sqrt(len(cells))
    return decimals(error, digits=1) if error else DEFAULT
