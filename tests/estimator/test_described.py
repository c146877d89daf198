"""A model that says of itself what cannot be is refused."""

import pytest

from rrcat.errors import PluginError


def test_a_model_without_a_scale_is_refused(line, batch, calibrators, monkeypatch):
    inner = line._fit

    def without_scale(self, *args, **kwargs):
        model = inner(self, *args, **kwargs)
        del model.scale
        return model

    monkeypatch.setattr(line, "_fit", without_scale)
    with pytest.raises(PluginError, match="does not name the metallicity scale"):
        line().fit(batch, calibrators)


def test_a_band_that_the_spec_does_not_name_is_refused(
    line, batch, calibrators, model, monkeypatch
):
    monkeypatch.setattr(type(model), "bands", frozenset({"G", "V"}))
    with pytest.raises(PluginError, match="values in V, which its spec does not name"):
        line().fit(batch, calibrators)


def test_a_model_that_needs_a_column_that_does_not_exist_is_refused(
    line, batch, calibrators, model, monkeypatch
):
    monkeypatch.setattr(type(model), "needs", ("period", "phi33"))
    with pytest.raises(PluginError, match="needs 'phi33', which is no column") as caught:
        line().fit(batch, calibrators)
    assert caught.value.where == {"plugin": "toy-line", "column": "phi33"}
    assert "'phi31'" in caught.value.hint
    monkeypatch.setattr(type(model), "needs", "phi31")
    with pytest.raises(PluginError, match="text 'phi31' instead of a tuple"):
        line().fit(batch, calibrators)
