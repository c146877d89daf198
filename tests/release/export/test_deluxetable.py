from dataclasses import replace

from rrcat.release.export.deluxetable import LONG, Deluxe, paper_template, written

TABLE = Deluxe(
    label="stars",
    caption=r"Stars \& more",
    heads=(("Star", ""), ("{[Fe/H]}", "dex")),
    kinds=("l", "r"),
    rows=(("a", r"\nodata"), ("b", "1.2")),
    comments="None.",
)


def test_a_table_is_a_deluxetable():
    assert (
        written(TABLE)
        == r"""\begin{deluxetable*}{lr}
\tabletypesize{\footnotesize}
\tablecaption{Stars \& more\label{tab:stars}}
\tablehead{
  \colhead{Star} &
  \colhead{{[Fe/H]}} \\
  \colhead{} &
  \colhead{(dex)}
}
\startdata
a & \nodata \\
b & 1.2
\enddata
\tablecomments{None.}
\end{deluxetable*}
"""
    )


def test_without_units_there_is_one_line_of_heads():
    text = written(replace(TABLE, heads=(("Star", ""), ("Value", "")), comments=""))
    assert text.count("colhead") == 2
    assert "tablecomments" not in text


def test_a_long_table_goes_over_pages():
    assert written(replace(TABLE, rows=TABLE.rows * LONG)).startswith("\\startlongtable\n")


def test_in_templates_braces_are_those_of_latex():
    text = paper_template("paper_table.tex.j2", table=replace(TABLE, caption="{{ 1 }} {% x %}"))
    assert "{{ 1 }} {% x %}" in text
