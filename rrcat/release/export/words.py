"""What a release is, in sentences that every export tells in the same words."""

from rrcat.release.about import About
from rrcat.release.opened import Release


def content(release: Release) -> list[str]:
    """Give what the rows are, how many there are, and whose light curves they rest on."""
    frame, survey = release.frame, release.about.survey
    valued = f", {frame['feh'].count():,} of them with a value" if "feh" in frame.columns else ""
    told = [release.table.description, f"{frame.height:,} stars{valued}."]
    return [*told, f"The light curves are from {survey}."] if survey else told


def edition(about: About) -> str:
    """Give which version of which catalogue this is, or of which it is a part."""
    whole = f"version {about.version} of the catalogue {about.name}"
    return f"This is {about.subset or whole}."


def scale(about: About) -> str:
    """Give the scale of the metallicities, and what it rests on."""
    rests = f" ({about.scale_definition})" if about.scale_definition else ""
    return f"Metallicities are on the scale {about.scale}{rests}."


def frames(about: About) -> str:
    """Give the frames of positions and times."""
    return (
        f"Positions are {about.coordinate_system} at {about.coordinate_epoch}. Times are"
        f" {about.time_scale} at {about.reference_position}, since JD {about.origin_jd:.10g}."
    )
