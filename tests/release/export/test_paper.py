import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from rrcat.release.export import export
from rrcat.release.export import paper as paper_module
from rrcat.release.manifest import listing
from rrcat.release.opened import open_release
from rrcat.release.subset import Cone

HOSTILE = '100 % of {φ31} & #1_a^b ~ \\end{document} $x — <Dékány> "✨" [x]* `?'
KERNEL = frozenset(
    """
    affiliation alpha appendix author begin bibliography bibliographystyle caption centering citet
    clearpage colhead documentclass dots end enddata ensuremath gg includegraphics input keywords
    label ll mbox newcommand nodata phi pm ref section sigma software startdata startlongtable
    tablecaption tablecomments tablehead tabletypesize footnotesize scriptsize textasciicircum
    textasciigrave textasciitilde textbackslash textbf textbraceleft textbraceright texttt textwidth
    title url
    """.split()  # noqa: SIM905 (a list of so many words hides them)
)


def exported(release, folder):
    written = export(release, "paper", folder)
    assert sorted(written) == sorted(path for path in folder.rglob("*") if path.is_file())
    return dict(listing(folder))


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


@pytest.fixture(scope="module")
def paper(release, tmp_path_factory):
    return exported(release, tmp_path_factory.mktemp("paper") / "out")


@pytest.fixture(scope="module")
def hostile(release, tmp_path_factory):
    """Of a release whose words do their worst, and of a part of it, to be quick."""
    reference = (f"{HOSTILE} 2021, ApJ 1, 2", HOSTILE)
    words = {"title": HOSTILE, "survey": HOSTILE, "authors": (f"{HOSTILE}, {HOSTILE}", HOSTILE)}
    about = replace(release.about, scale_definition=HOSTILE, reference=reference, **words)
    columns = [
        column.model_copy(update={"description": HOSTILE}) for column in release.table.column
    ]
    told = replace(
        release, about=about, table=release.table.model_copy(update={"defined": tuple(columns)})
    )
    part = told.subset(columns=["period"])
    return exported(part, tmp_path_factory.mktemp("hostile") / "out")


def uncommented(path):
    """Give LaTeX without its comments, of which alone the letters may be any."""
    text = re.sub(r"(?<!\\)%.*", "", path.read_text())
    assert text.isascii()
    return text


def check_latex(files):
    """Check what LaTeX stops at: characters, groups, commands, and cells."""
    source = {name: uncommented(path) for name, path in files.items() if name.endswith(".tex")}
    defined = re.findall(r"^\\newcommand\{\\(\w+)\}\{", source["macros.tex"], re.MULTILINE)
    defined += re.findall(r"^\\newcommand\{\\(\w+)\}\{", source["captions.tex"], re.MULTILINE)
    assert len(defined) == len(set(defined)) > 20
    assert all(re.fullmatch("cat[A-Z][A-Za-z]+", name) for name in defined)
    for name, text in source.items():
        assert text.count("{") == text.count("}"), name
        shown = re.sub(r"\\(label|ref|input|citet|includegraphics)(\[[^]]*\])?\{[^}]*\}", "", text)
        assert not re.search(r"(?<!\\)[#_]", shown), name
        assert name.startswith("tables/") or not re.search(r"(?<!\\)&", shown), name
        mathematics = re.sub(r"\\ensuremath\{[^}]*\}?[^}]*\}", "", shown)
        assert not re.search(r"(?<!\\)\^(?!\{)", mathematics), name
        assert len(re.findall(r"(?<!\\)\$", shown)) % 2 == 0, name
        used = set(re.findall(r"\\([A-Za-z]+)", text))
        accents = {one for one in used if len(one) == 1}
        assert used - accents - KERNEL <= set(defined), name
    labels = set(re.findall(r"\\label\{([^}]*)\}", "".join(source.values())))
    assert set(re.findall(r"\\ref\{([^}]*)\}", source["paper.tex"])) <= labels
    read_in = r"\\(input|includegraphics)(?:\[[^]]*\])?\{([^}]*)\}"
    for kind, inside in re.findall(read_in, source["paper.tex"]):
        assert (inside + ".tex" if kind == "input" else inside) in files
    keys = set(re.findall(r"^@\w+\{(\w+),$", files["references.bib"].read_text(), re.MULTILINE))
    assert set(re.findall(r"\\citet\{([^}]*)\}", source["paper.tex"])) == keys


def test_what_a_paper_gets(paper):
    named = {name.partition("/")[0] for name in paper}
    assert named == {
        *("README.md", "captions.tex", "figures", "macros.tex", "paper.tex", "references.bib"),
        "tables",
    }
    for name, path in paper.items():
        assert path.stat().st_size
        assert not name.startswith("figures/") or path.read_bytes().startswith(b"%PDF-")


def test_latex_has_nothing_to_stop_at(paper):
    check_latex(paper)


def test_hostile_words_are_shown_and_do_nothing(hostile):
    check_latex(hostile)
    assert r"\textbackslash{}end\textbraceleft{}document" in hostile["macros.tex"].read_text()
    assert paper_module.PREFIX in hostile["paper.tex"].read_text()


def test_two_exports_are_the_same_bytes(hostile, release, tmp_path, paper):
    again = exported(release, tmp_path / "again")
    assert list(again) == list(paper)
    for name, path in paper.items():
        assert again[name].read_bytes() == path.read_bytes(), name
        assert b"/ID" not in path.read_bytes() or not name.endswith(".pdf")


def test_the_readme_lists_every_file_and_number_and_what_is_missing(paper):
    text = paper["README.md"].read_text()
    for name in paper:
        assert f"| `{name}` |" in text or name == "README.md"
    for name, _ in re.findall(r"\\newcommand\{\\(\w+)\}\{(.*)\}%", paper["macros.tex"].read_text()):
        assert f"| `\\{name}` |" in text
    lacks = text.partition("## What is not here")[2].partition("## Numbers")[0]
    assert "the DOI of the release" in lacks
    assert "a combination of estimators" in lacks


def test_every_number_says_what_it_is_and_from_where(paper, released):
    lines = paper["macros.tex"].read_text().splitlines()
    for line in lines:
        if line.startswith("\\newcommand"):
            told, _, file = line.rpartition("; ")
            assert (released / file).is_file(), line
            assert told.rpartition("}% ")[2], line


def test_a_part_says_so(release, tmp_path):
    part = release.subset(columns=["feh"], cone=Cone(10, 20, 90))
    files = exported(part, tmp_path / "out")
    check_latex(files)
    assert part.about.subset in files["README.md"].read_text()
    assert "of which this is a part" in files["paper.tex"].read_text()
    assert f"\\newcommand{{\\catStars}}{{{part.frame.height}}}" in files["macros.tex"].read_text()


@pytest.mark.parametrize("which", ["paper", "hostile"])
def test_latex_itself_makes_a_paper_of_it(which, request, tmp_path):
    if shutil.which("pdflatex") is None or not _has_aastex():
        pytest.skip("no LaTeX with AASTeX is installed (Debian package texlive-publishers)")
    files = request.getfixturevalue(which)
    folder = shutil.copytree(files["paper.tex"].parent, tmp_path / "paper")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    cited = subprocess.run(["bibtex", "paper"], cwd=folder, capture_output=True, check=False)
    assert cited.returncode == 0, cited.stdout.decode(errors="replace")


def _has_aastex():
    found = subprocess.run(["kpsewhich", "aastex631.cls"], capture_output=True, check=False)
    return found.returncode == 0
