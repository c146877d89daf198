import pytest
from pydantic import ValidationError

from rrcat.archive.light_curve_forms import Form

G = {"time": "g_transit_time", "mag": "g_transit_mag"}
BP = {"time": "bp_obs_time", "mag": "bp_mag", "rejected": {"any": ["noisy", "bp_reject"]}}
WIDE = {"kind": "wide", "columns": {"source_id": "id"}, "bands": {"G": G, "BP": BP}}
LONG = {
    "kind": "long",
    "columns": {"source_id": "id", "band": "band", "time": "time", "mag": "mag"},
}


def test_a_wide_form_gives_a_mapping_for_each_band():
    g, bp = Form.model_validate(WIDE).mappings()
    assert (g.columns["band"].value, bp.columns["band"].value) == ("G", "BP")
    assert g.columns["source_id"].column == bp.columns["source_id"].column == "id"
    assert g.columns["mag"].column == "g_transit_mag"
    assert "rejected" not in g.columns
    assert bp.columns["rejected"].any == ("noisy", "bp_reject")


def test_a_long_form_gives_one_mapping():
    (mapping,) = Form.model_validate(LONG).mappings()
    assert mapping.columns["band"].column == "band"


def test_a_band_overrides_a_column_that_all_bands_share():
    shared = {"source_id": "id", "rejected": "rejected_by_photometry"}
    g, bp = Form.model_validate(WIDE | {"columns": shared}).mappings()
    assert g.columns["rejected"].column == "rejected_by_photometry"
    assert bp.columns["rejected"].any == ("noisy", "bp_reject")


def test_a_form_asks_for_every_column_it_reads_and_for_its_key():
    form = Form.model_validate(WIDE | {"key": ["transit_id"]})
    assert form.asked == (
        *("bp_mag", "bp_obs_time", "bp_reject", "g_transit_mag", "g_transit_time", "id", "noisy"),
        "transit_id",
    )


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (WIDE | {"bands": {}}, "have `bands`"),
        (LONG | {"bands": {"G": G}}, "names the band in its columns"),
        (WIDE | {"columns": {"source_id": "id", "band": "b"}}, "leave the column `band` out"),
        (WIDE | {"bands": {"G": G | {"band": "b"}}}, "leave the column `band` out"),
        (WIDE | {"bands": {"G": {"mag": "m"}}}, "columns need time"),
        (WIDE | {"bands": {"G": {"time": "t"}}}, "columns need mag"),
        (WIDE | {"columns": {}}, "columns need source_id or archive_id"),
        (WIDE | {"bands": {"G": G | {"magnitude": "m"}}}, "is no column of light_curves"),
        (WIDE | {"kind": "arrays", "key": ["transit_id"]}, "arrays have one row a star"),
        (WIDE | {"kind": "tall"}, "'long', 'wide' or 'arrays'"),
        (WIDE | {"columms": {}}, "Extra inputs"),
    ],
)
def test_a_form_that_is_no_light_curve_is_refused(spoilt, told):
    with pytest.raises(ValidationError, match=told):
        Form.model_validate(spoilt)
