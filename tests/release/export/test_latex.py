import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.release.export.latex import cell, command, count, decimals, latex, number


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("50 % of #1 & $5_a", r"50 \% of \#1 \& \$5\_a"),
        ("{a}^~\\", r"\textbraceleft{}a\textbraceright{}\textasciicircum{}\textasciitilde{}"),
        ("σφ31", r"\ensuremath{\sigma}\ensuremath{\phi}31"),
        ("Dékány & Pojmański", r"D\'{e}k\'{a}ny \& Pojma\'{n}ski"),
        ("naïve ĵ ą", r"na\"{\i}ve \^{\j} a"),
        ("1–2 — −1.5 ± 0.1", r"1--2 --- \ensuremath{-}1.5 \ensuremath{\pm} 0.1"),
        ("E(B−V) ≤ 3²", r"E(B\ensuremath{-}V) \ensuremath{\leq} 3\ensuremath{^{2}}"),
        ("Α and ο", "A and o"),
        ("ﬁ ✨", r"fi \texttt{U+2728}"),
        ("two\nlines\t, a bell\x07", "two lines , a bell"),
    ],
)
def test_text_is_written_so_that_latex_shows_it(text, written):
    assert latex(text).startswith(written)


@given(st.text())
def test_whatever_the_text_latex_is_ascii_with_nothing_open(text):
    written = latex(text)
    assert written.isascii()
    assert "\n" not in written
    assert written.count("{") == written.count("}")
    assert not re.search(r"(?<!\\)[%#$&_]", written.replace("\\\\", ""))


@given(st.text())
def test_a_command_is_letters_alone(text):
    assert re.fullmatch("[A-Za-z]*", command(text))


def test_commands_are_read_as_the_words_are():
    assert command("low_epochs") == "LowEpochs"
    assert command("NGC 5139") == "NGCFiveOneThreeNine"
    assert command("fourier-gp", "RRab", "rmse") == "FourierGpRRabRmse"
    assert command("Dékány") == "Dekany"


def test_a_cell_does_not_begin_with_an_option():
    assert cell("[Fe/H]") == "{}[Fe/H]"
    assert cell("feh [dex]") == "feh [dex]"


def test_counts_have_their_thousands_apart():
    assert [count(n) for n in (7, 2187, 270905)] == ["7", "2{,}187", "270{,}905"]


def test_decimals_show_two_digits_of_an_uncertainty():
    assert [decimals(error) for error in (0.026, 0.0994, 0.0996, 1.2, 12, 0.5e-9)] == [
        *(3, 3, 2, 1, 0, 6)
    ]
    assert decimals(0.026, digits=1) == 2
    assert decimals(0.096, digits=1) == 1


def test_a_minus_is_one_in_text_too():
    assert number(-1.234, 2) == r"\ensuremath{-1.23}"
    assert number(1.2, 2) == "1.20"
    assert number(-0.001, 2) == "0.00"
