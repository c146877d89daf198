"""How a catalogue was made, in words: the recipe read aloud, and the account of its stars."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rrcat.release.summary import Summary

Told = tuple[str, str]
"""A heading and a sentence or two."""


def how_it_was_made(facts: Mapping[str, Any], combination: Mapping[str, Any]) -> list[Told]:
    """Give the steps from archive to catalogue; what the recipe leaves out is not told.

    Parameters
    ----------
    facts
        Of the candidate; ``recipe`` with every default filled in.
    combination
        What was learned of it, empty where there is none.
    """
    recipe = facts["recipe"]
    steps = (
        ("Stars", _archive(recipe.get("archive"), recipe.get("selection") or {}, facts)),
        ("Light curves", _fits(recipe)),
        ("Calibrators", _calibrators(recipe.get("calibration"), facts)),
        ("Combination", _combination(recipe, combination)),
        ("Distances", _distances(facts.get("distance"))),
        ("Checks", _checks(recipe)),
    )
    return [(name, text) for name, text in steps if text]


def account_of_stars(account: Mapping[str, Any], summary: Summary) -> list[tuple[str, int]]:
    """Give what became of the stars: steps with counts, from those asked for to those told of."""
    told: list[tuple[str, int]] = []
    asked = account.get("asked")
    if isinstance(asked, dict):
        statuses = [name for name in ("received", "empty", "failed") if name in asked]
        told.append(("asked of the archive", sum(asked[name] for name in statuses)))
        words = {
            "received": "received",
            "empty": "of which the archive has nothing",
            "failed": "that could not be fetched",
        }
        told += [(words[name], asked[name]) for name in statuses]
    stars = account.get("stars")
    if isinstance(stars, dict):
        names = {
            "in_file": "stars in the list",
            "merged_rows": "further rows about them, merged",
            "selected": "chosen by the recipe",
        }
        told += [(words, stars[name]) for name, words in names.items() if stars.get(name)]
        unlisted = stars.get("light_curves_without_star")
        if isinstance(unlisted, dict) and unlisted.get("count"):
            told.insert(-1, ("known by their light curves alone", unlisted["count"]))
    curves = account.get("light_curves")
    if isinstance(curves, dict) and isinstance(curves.get("stars"), int):
        told.append(("with light curves in the archive", curves["stars"]))
    told.append(("rows of the catalogue", summary.n_rows))
    told.append(("with a metallicity", summary.n_values))
    told.append(("without one, each with its reason", summary.n_rows - summary.n_values))
    return told


def _archive(
    archive: Mapping[str, Any] | None, selection: Mapping[str, Any], facts: Mapping[str, Any]
) -> str:
    if not archive:
        return ""
    survey = facts.get("survey") or "the archive"
    kinds = {
        "files": f"The list of stars and their data are files of {survey}",
        "tap": f"The stars and their data were fetched from {archive.get('url', survey)}",
        "simulated": "The stars are simulated: none of them exists",
    }
    text = kinds.get(str(archive.get("kind")), f"The stars are those of {survey}")
    if selection.get("where"):
        text += f", chosen by {selection['where']}"
    if selection.get("limit"):
        text += f", the first {selection['limit']:,} of them"
    given = archive.get("features")
    return text + (
        ". Where the archive gives parameters of the light curves, these were taken."
        if given
        else "."
    )


def _fits(recipe: Mapping[str, Any]) -> str:
    fit, archive = recipe.get("fourier"), recipe.get("archive") or {}
    if not fit:
        return ""
    if archive.get("features") and not archive.get("light_curves"):
        return "None were read: the parameters are those that the archive gives."
    cleaning, search = recipe.get("cleaning") or {}, recipe.get("period_search") or {}
    factor = cleaning.get("error_outlier_factor")
    text = "Observations that the archive rejects" if cleaning.get("use_rejection_flags") else ""
    if factor:
        text += f"{', and those' if text else 'Observations'} with errors above {factor:g} times"
        text += " the median of the star"
    text += ", are left out. " if text else ""
    text += (
        f"A cosine series of {fit['min_order']} to {fit['max_order']} harmonics, its order chosen"
        f" by {str(fit['criterion']).upper()}, is fitted to the rest"
    )
    text += " with the period free" if fit.get("free_period") else " with the period held fixed"
    text += f"; points beyond {fit['clip_sigma']:g} σ are clipped."
    if search.get("enabled"):
        text += (
            " Where the archive gives no period, it is looked for in the light curve and flagged."
        )
    return text


def _calibrators(section: Mapping[str, Any] | None, facts: Mapping[str, Any]) -> str:
    teacher = facts.get("teacher")
    if teacher:
        version = f" {teacher['version']}" if teacher.get("version") else ""
        source = f" from {teacher['survey']}" if teacher.get("survey") else ""
        text = (
            f"The models learned from the values of another catalogue, {teacher['catalogue']}"
            f"{version}{source}, not from spectra themselves."
        )
        while teacher := teacher.get("teacher"):
            text += f" That one learned from {teacher['catalogue']} in its turn."
        return text
    if not section:
        return "Nothing was learned: the estimators are published relations."
    kind = "photometric metallicities" if section.get("photometric") else "spectra"
    text = f"The models learned from {kind} on the scale {section.get('scale', facts['scale'])}"
    floor = section.get("error_floor")
    return text + (f", with an error of at least {floor:g} dex." if floor else ".")


def _combination(recipe: Mapping[str, Any], learned: Mapping[str, Any]) -> str:
    estimators = [one["id"] for one in recipe.get("estimator") or ()]
    if recipe.get("combination") is None or not learned:
        if len(estimators) < 2:
            return ""
        return (
            f"None: the first estimator that has a value for a star gives it, in the order"
            f" {', '.join(estimators)}."
        )
    text = (
        "The estimators were cross-validated on the calibrators. From that their errors were"
        f" calibrated and {_listed(learned['members'])} combined, each pulsation type by itself."
    )
    for kind, of_type in sorted(learned["types"].items()):
        text += f" {kind}, from {of_type['n_stars']:,} calibrators: "
        rmse = ", ".join(f"{name} {value:.3f}" for name, value in _by_size(of_type["rmse"]))
        if of_type["steps_aside"]:
            text += f"worse than {of_type['preferred'][0]}, which gives the value"
        else:
            text += "the combined value is taken"
        text += f" (root mean square error in dex of stars that all have a value for: {rmse})."
    return text


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _by_size(numbers: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    yield from sorted(numbers.items(), key=lambda pair: (pair[1], pair[0]))


def _distances(told: Mapping[str, Any] | None) -> str:
    if not told:
        return ""
    relation = told["relation"]
    text = f"From absolute magnitudes by {relation['reference']}"
    if relation.get("scale"):
        text += f", whose metallicities are on the scale {relation['scale']}"
    bands = " and ".join(
        f"{one['value']:g} in {one['band']} ({one['reference']})" for one in told["extinction"]
    )
    text += f"; extinction for each magnitude of E(B−V) is {bands}." if bands else "."
    recalled = dict.fromkeys(
        one["reference"]
        for one in (relation, *told["extinction"])
        if one.get("status") == "recalled"
    )
    if recalled:
        text += f" The numbers of {_listed(list(recalled))} were not checked in the paper itself."
    return text


def _checks(recipe: Mapping[str, Any]) -> str:
    section = recipe.get("validation")
    if section is None:
        return ""
    off = [
        name
        for name, one in section.items()
        if isinstance(one, dict) and not one.get("enabled", True)
    ]
    text = "The values were checked as the recipe asks; thresholds stand beside the results below."
    return text + (f" Left out: {', '.join(sorted(off))}." if off else "")
