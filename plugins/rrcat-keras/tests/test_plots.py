"""What networks show of how they learned."""

import xml.etree.ElementTree as ET


def test_every_plot_is_the_same_every_time(model):
    one, other = model.plots(), model.plots()
    kinds, names = ("RRab", "RRc"), ("learning-curve", "left-out")
    assert set(one) == {f"{kind}-{name}" for kind in kinds for name in names}
    assert one == other
    for content in one.values():
        assert ET.fromstring(content).tag.endswith("svg")
        assert b"dc:date" not in content
