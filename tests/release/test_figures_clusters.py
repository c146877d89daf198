from rrcat.release.figures_clusters import cluster_figures


def row(system, difference, **changes):
    plain = {"system": system, "n": 5, "known": -1.5, "difference": difference, "error": 0.1}
    return plain | {"note": ""} | changes


def check(rows, **changes):
    return {"check": "clusters", "unit": "dex", "rows": rows} | changes


def test_largest_difference_is_told_in_words():
    (figure,) = cluster_figures([check([row("M3", 0.1), row("M5", -0.4, note="too few stars")])])
    assert "M5 with -0.40 dex" in figure.alt


def test_many_clusters_make_a_taller_figure():
    few, many = (
        cluster_figures([check([row(f"NGC {i}", 0.1) for i in range(n)])])[0] for n in (2, 26)
    )
    assert few.size == (480, 360)
    assert many.size[1] > 600


def test_other_checks_are_not_drawn():
    overtones = {"system": "M3", "difference": 0.1, "error": 0.1, "n_rrab": 5, "n_rrc": 4}
    assert cluster_figures([check([overtones]), check([row("LMC", 0.1)], check="clouds")]) == []
    assert cluster_figures([check([])]) == []
