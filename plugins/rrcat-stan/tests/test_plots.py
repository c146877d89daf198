import xml.etree.ElementTree as ET

from rrcat_stan.plots import plots


def test_every_plot_is_the_same_every_time(relation):
    one, other = (plots(relation, title="RRab, G", scale="C21") for _ in range(2))
    assert set(one) == {"trace", "posterior-predictive", "relation"}
    assert one == other
    for content in one.values():
        assert ET.fromstring(content).tag.endswith("svg")


def test_a_date_is_in_no_plot(relation):
    for content in plots(relation, title="RRab, G", scale="C21").values():
        assert b"dc:date" not in content
