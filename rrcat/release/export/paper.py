"""What a paper about a release needs of it: numbers, tables, figures, references, a skeleton."""

from pathlib import Path

from rrcat import atomic
from rrcat.release.documents import environment
from rrcat.release.export.bibtex import bibliography, keyed
from rrcat.release.export.deluxetable import paper_template, written
from rrcat.release.export.latex import comment as remark
from rrcat.release.export.paper_figures import paper_figures
from rrcat.release.export.paper_material import Material, material
from rrcat.release.export.paper_numbers import PREFIX, Group, catalogue_numbers, distinct
from rrcat.release.export.paper_results import result_numbers
from rrcat.release.export.paper_tables import tables
from rrcat.release.export.words import edition
from rrcat.release.opened import Release


def export(release: Release, output: Path) -> list[Path]:
    """Write numbers, tables, figures and references, and a paper that has them all.

    ``macros.tex``, ``captions.tex``, ``tables/``, ``figures/`` and ``references.bib`` follow from
    the release alone, with the same bytes every time; ``paper.tex`` is where writing begins.

    Raises
    ------
    ReleaseError
        A file of the release is not as it was made, or the history beside it cannot be read.
    """
    told = material(release)
    groups = distinct([*catalogue_numbers(told), *result_numbers(told)])
    drawn, made = paper_figures(told), tables(told)
    keys = keyed(release.about.reference)
    content = {
        "about": release.about,
        "authors": [_as_signed(name) for name in release.about.makers],
        "edition": edition(release.about),
        "figures": drawn,
        "groups": groups,
        "has": {one.name for group in groups for one in group.numbers},
        "keys": keys,
        "labels": {one.label for one in made},
        "prefix": PREFIX,
        "tables": made,
    }
    texts = {
        "README.md": environment(html=False).get_template("paper_README.md.j2").render(content),
        "captions.tex": "".join(f"{one.definition}\n" for one in drawn),
        "macros.tex": _macros(told, groups),
        "paper.tex": paper_template("paper.tex.j2", **content),
        "references.bib": bibliography(keys, release.about, told.date, told.doi),
        **{f"tables/{one.label}.tex": written(one) for one in made},
    }
    images = {f"figures/{one.name}.pdf": one.figure.drawing.image("pdf") for one in drawn}
    files = {name: text.encode() for name, text in texts.items()} | images
    for name, bytes_ in sorted(files.items()):
        (output / name).parent.mkdir(exist_ok=True)
        atomic.write_inside(output / name, bytes_)
    return [output / name for name in sorted(files)]


def _as_signed(name: str) -> str:
    """Give "Doe, Jane" as "Jane Doe", and any other name as it stands."""
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma else name


def _macros(told: Material, groups: list[Group]) -> str:
    """Give every number as a command, with what it is and the file of the release it is from."""
    about = told.about
    lines = [
        f"% Numbers of {remark(about.name)} {about.version}, written by rrcat from the release.",
        f"% {remark(edition(about))}",
        "% What follows a number is its meaning, its unit, and the file of the release it is from.",
    ]
    for group in groups:
        lines += ["", f"% {group.title}"]
        lines += [f"% not in the release: {remark(what)}" for what in group.lacks]
        lines += [one.line for one in group.numbers]
    return "\n".join(lines) + "\n"
