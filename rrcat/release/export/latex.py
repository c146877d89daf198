r"""Text and numbers as LaTeX that compiles with any engine, in text and in mathematics.

Only ASCII is written, and only commands of LaTeX's own in the encoding OT1, which AASTeX has: what
converters at hand make of other letters needs packages (of the 1,553 characters that pylatexenc
2.11 knows, a third does not compile there).
"""

import re
import unicodedata
from math import floor, log10

# Of ASCII, what LaTeX takes for something else, ligatures included.
SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # BibTeX counts braces, and sees no backslash
    "}": r"\textbraceright{}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "\u2013": "--",
    "\u2014": "---",
    "\u2018": "`",
    "\u2019": "'",
    "\u201c": "``",
    "\u201d": "''",
    "\u201e": ",,",
    "\u00ab": r"\ensuremath{\ll}",
    "\u00bb": r"\ensuremath{\gg}",
    "\u2026": r"\dots{}",
    "\u00a0": "~",
    "\u202f": "~",
    "\u2010": "-",
    "\u2011": r"\mbox{-}",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
MATHEMATICS = {
    "\u2212": "-",
    "±": r"\pm",
    "×": r"\times",
    "·": r"\cdot",
    "°": r"^{\circ}",
    "′": r"^{\prime}",
    "″": r"^{\prime\prime}",
    "≤": r"\leq",
    "≥": r"\geq",
    "≠": r"\neq",
    "≈": r"\approx",
    "∼": r"\sim",
    "∝": r"\propto",
    "∞": r"\infty",
    "√": r"\surd",
    "→": r"\to",
    "←": r"\leftarrow",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "☉": r"\odot",
    "⊙": r"\odot",
    "µ": r"\mu",
    "¹": "^{1}",
    "²": "^{2}",
    "³": "^{3}",
}
# Combining marks; those that OT1 has no command for are left off their letters.
ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0323": "d",
    "\u0327": "c",
    "\u0331": "b",
}
GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (FINAL SIGMA|[A-Z]+)(?: WITH .*)?")
GREEK_COMMANDS = frozenset(
    """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma varsigma
    tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    """.split()  # noqa: SIM905 (a list of so many words hides them)
)
GREEK_NAMES = {"FINAL SIGMA": "VARSIGMA", "LAMDA": "LAMBDA"}
# Greek letters that LaTeX has no command for, since they look like Latin ones.
LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def latex(text: object) -> str:
    r"""Give text as LaTeX, on one line; a character it cannot write stands as ``U+2728``."""
    words = unicodedata.normalize("NFC", " ".join(str(text).split()))
    return "".join(_letter(letter) for letter in words)


def cell(text: object) -> str:
    r"""Give text as the cell of a table; after ``\\`` a bracket or a star would be an option."""
    written = latex(text)
    return "{}" + written if written[:1] in ("[", "*") else written


def comment(text: object) -> str:
    """Give text for a comment: on one line, accents and Greek as they are."""
    return " ".join(str(text).split())


def command(*words: object) -> str:
    """Give the name of a command: words in one, each with a capital, digits spelt, letters alone.

    ``command("low_epochs")`` is ``LowEpochs``, ``command("NGC 5139")`` is
    ``NGCFiveOneThreeNine``. It may be empty.
    """
    apart = unicodedata.normalize("NFKD", " ".join(str(word) for word in words))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    spelt = re.sub(r"[0-9]", lambda digit: f" {DIGITS[int(digit[0])]} ", plain)
    parts = re.findall(r"[A-Za-z]+", spelt)
    return "".join(part[0].upper() + part[1:] for part in parts)


def count(n: int) -> str:
    """Give a whole number, its thousands apart."""
    return f"{n:,}".replace(",", "{,}").replace("-", r"\ensuremath{-}")


def decimals(error: float, digits: int = 2) -> int:
    """Give how many decimals show an uncertainty to so many digits, from 0 to 6."""
    # What is rounded up to the next power of ten has a digit more before them.
    size = floor(log10(float(f"{error:.{digits - 1}e}")))
    return min(max(digits - 1 - size, 0), 6)


def number(value: float, places: int, *, signed: bool = False) -> str:
    """Give a number with so many decimals; ``signed`` shows a plus as well."""
    text = f"{value:{'+' if signed else ''},.{places}f}".replace(",", "{,}")
    if not float(f"{value:.{places}f}"):
        text = f"{0:.{places}f}"
    return rf"\ensuremath{{{text}}}" if text[0] in "+-" else text


def _letter(letter: str) -> str:
    if letter in SPECIAL:
        return SPECIAL[letter]
    if letter in MATHEMATICS:
        return rf"\ensuremath{{{MATHEMATICS[letter]}}}"
    if unicodedata.category(letter) in ("Cc", "Cf", "Mn"):
        return ""  # what has no shape of its own
    if letter.isascii():
        return letter
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if greek := _greek(base):
        return greek
    if marks and base.isascii():
        return _accented(base, marks)
    plain = unicodedata.normalize("NFKC", letter)
    if plain != letter:
        return "".join(_letter(one) for one in plain)
    return rf"\texttt{{U+{ord(letter):04X}}}"


def _greek(letter: str) -> str | None:
    if letter in LATIN:
        return LATIN[letter]
    found = GREEK.fullmatch(unicodedata.name(letter, ""))
    if found is None:
        return None
    name = GREEK_NAMES.get(found[2], found[2])
    name = name.capitalize() if found[1] == "CAPITAL" else name.lower()
    return rf"\ensuremath{{\{name}}}" if name in GREEK_COMMANDS else None


def _accented(base: str, marks: list[str]) -> str:
    known = [ACCENTS[mark] for mark in marks if mark in ACCENTS]
    text = rf"\{base}" if known and base in "ij" else base
    for accent in known:
        text = rf"\{accent}{{{text}}}"
    return text
