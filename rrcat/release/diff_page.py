"""Differences between two catalogues as one page, complete in itself."""

from rrcat.release.changed_stars import StarChange, cell
from rrcat.release.diff import ReleaseDiff
from rrcat.release.diff_figures import diff_figures
from rrcat.release.diff_text import cause_words, ordered_columns, star_words
from rrcat.release.report import page_engine
from rrcat.release.sides import Pair
from rrcat.release.viewer import policy

LONG = 12
"""Rows beyond which a table is folded away."""


def diff_page(pair: Pair, found: ReleaseDiff) -> str:
    """Give the page: nothing is loaded from elsewhere, and nothing runs on it.

    Parameters
    ----------
    pair
        The two catalogues, for the figures.
    found
        How they differ.
    """
    engine = page_engine()
    engine.filters |= {"causes": cause_words, "cell": cell, "star": _star}
    moved = [column for column in found.columns if column.name == "feh"]
    return engine.get_template("diff.html.j2").render(
        found=found,
        columns=ordered_columns(found.columns),
        feh_column=moved[0] if moved else None,
        titles=(pair.before.facts["title"], pair.after.facts["title"]),
        figures=[figure.drawn() for figure in diff_figures(pair)],
        long=LONG,
        policy=policy(""),
    )


def _star(star: StarChange) -> list[str]:
    return [words.replace(" -> ", " → ") for words in star_words(star)]
