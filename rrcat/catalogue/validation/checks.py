"""All checks of a catalogue that its recipe asks for, in one order."""

from collections.abc import Iterable
from typing import Any

from rrcat.catalogue.validation.agreement import check_agreement
from rrcat.catalogue.validation.blazhko import check_blazhko
from rrcat.catalogue.validation.calibrators import check_calibrators
from rrcat.catalogue.validation.clouds import check_clouds
from rrcat.catalogue.validation.clusters import check_clusters
from rrcat.catalogue.validation.config import ValidationSection
from rrcat.catalogue.validation.double_mode import check_double_mode
from rrcat.catalogue.validation.earlier import check_earlier
from rrcat.catalogue.validation.evidence import Evidence, judged
from rrcat.catalogue.validation.period import check_period
from rrcat.catalogue.validation.result import Result
from rrcat.catalogue.validation.selection import check_selection
from rrcat.catalogue.validation.trends import check_trends
from rrcat.catalogue.validation.zero_point import check_zero_point, zero_point_error


def validate(evidence: Evidence, section: ValidationSection) -> list[Result]:
    """Give the results of all checks that are not switched off."""
    rows, sure = evidence.rows, section.significance
    known = judged(evidence)
    unseen = evidence.out_of_fold is not None
    results: list[Result] = []
    if section.calibrators.enabled:
        results += check_calibrators(known, section.calibrators, sure, unseen=unseen)
    if section.clusters.enabled:
        results += check_clusters(rows, section.clusters, sure)
    if section.clouds.enabled:
        results += check_clouds(rows, section.clouds, section.clusters, sure)
    if section.agreement.enabled:
        results += check_agreement(evidence, section.agreement, sure)
    if section.trends.enabled:
        results += check_trends(evidence, known, section.trends, section.clusters, sure)
    if section.period.enabled:
        results += check_period(rows, section.period, sure)
    if section.selection.enabled:
        results.append(check_selection(rows, section.selection))
    if section.zero_point.enabled:
        results.append(check_zero_point(evidence, known, section.zero_point))
    if section.double_mode.enabled:
        results.append(check_double_mode(rows))
    if section.blazhko.enabled:
        results.append(check_blazhko(known, rows, section.blazhko, sure))
    if section.reference is not None and evidence.reference is not None:
        results += check_earlier(rows, evidence.reference, section.reference, sure)
    return results


def as_document(results: Iterable[Result], scale: str) -> dict[str, Any]:
    """Give what ``validation.json`` holds, as plain data."""
    results = list(results)
    return {
        "scale": scale,
        "zero_point_error": zero_point_error(results),
        "results": [one.as_dict() for one in results],
    }
