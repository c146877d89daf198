"""``[validation]`` of a recipe: the checks that a catalogue must pass to be released."""

from pydantic import Field, field_validator

from rrcat.archive.strict import Strict
from rrcat.evaluation.config import ExternalFile


class _Check(Strict):
    enabled: bool = Field(True, description="Make this check.")


class CalibratorsCheck(_Check):
    """``[validation.calibrators]``: values against those of the calibrators, by type."""

    offset: float = Field(0.15, gt=0, description="Largest median difference [dex].")
    scatter: float = Field(
        0.6, gt=0, description="Largest scatter of the differences, as of a Gaussian [dex]."
    )
    least_stars: int = Field(8, ge=3, description="Calibrators of a type that are enough.")


class ClustersCheck(_Check):
    """``[validation.clusters]``: globular clusters, whose stars are found by their position."""

    feh_offset: float = Field(
        0.15, gt=0, description="Largest mean difference of [Fe/H], catalogue less clusters [dex]."
    )
    feh_slope: float = Field(
        0.5,
        gt=0,
        description="How far from 1 the slope of the catalogue's [Fe/H] on that of the clusters "
        "may be; asked where five clusters span 0.8 dex.",
    )
    modulus_offset: float = Field(
        0.15, gt=0, description="Largest mean difference of distance moduli [mag]."
    )
    overtone_offset: float = Field(
        0.2,
        gt=0,
        description="Largest mean difference of [Fe/H], RRab less RRc of a cluster [dex].",
    )
    scale_offset: float | None = Field(
        None,
        description="What is added to the [Fe/H] of the clusters to bring it to the scale of the "
        "catalogue [dex]. By default that of the table of clusters.",
    )
    radius: float = Field(
        0.3, gt=0, le=1, description="Stars are looked for within this share of the tidal radius."
    )
    proper_motion: float = Field(
        1.5,
        gt=0,
        description="Largest difference from a cluster's proper motion, where that of the star is "
        "known [mas/yr].",
    )
    magnitude: float = Field(
        0.7,
        gt=0,
        description="Largest difference of the mean magnitude in G from that expected of the "
        "cluster's RR Lyrae stars, where it is known [mag].",
    )
    least_stars: int = Field(3, ge=1, description="Stars of a cluster that are enough.")


class CloudsCheck(_Check):
    """``[validation.clouds]``: the means of the Large and the Small Magellanic Cloud."""

    feh_offset: float = Field(
        0.2, gt=0, description="Largest difference of the median [Fe/H] [dex]."
    )
    modulus_offset: float = Field(
        0.15, gt=0, description="Largest difference of the median distance modulus [mag]."
    )
    least_stars: int = Field(20, ge=1, description="Stars of a Cloud that are enough.")


class AgreementCheck(_Check):
    """``[validation.agreement]``: the estimators against each other, by type."""

    offset: float = Field(0.3, gt=0, description="Largest median difference of two [dex].")
    scatter: float = Field(0.8, gt=0, description="Largest scatter of their difference [dex].")
    least_stars: int = Field(20, ge=3, description="Stars that two estimators have a value for.")


class TrendsCheck(_Check):
    """``[validation.trends]``: residuals against latitude, crowding, magnitude and extinction."""

    change: float = Field(
        0.25,
        gt=0,
        description="Largest change of the mean residual between the 5th and the 95th percentile "
        "of the stars [dex].",
    )
    between_estimators: float = Field(
        0.4,
        gt=0,
        description="The same, where nothing but two estimators can be compared [dex].",
    )
    least_stars: int = Field(30, ge=5, description="Stars that are enough.")


class PeriodCheck(_Check):
    """``[validation.period]``: how [Fe/H] falls with the period at one shape of light curve."""

    RRab: tuple[float, float] = Field(
        (-12.0, -2.5), description="Least and largest slope on the period at fixed φ31 [dex/d]."
    )
    RRc: tuple[float, float] = Field((-20.0, -2.0), description="The same of first overtones.")
    unusual: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Largest share of stars whose period is unusual for their type: RRab 0.3 to "
        "1.0 d, RRc 0.2 to 0.5 d.",
    )
    phi31_uncertain: float = Field(
        0.3, gt=0, description="Stars with a larger error of φ31 do not count [rad]."
    )
    least_stars: int = Field(50, ge=5, description="Stars of a type that are enough.")


class SelectionCheck(_Check):
    """``[validation.selection]``: which stars have a value, by magnitude, epochs, φ31 and sky."""

    least_share: float = Field(
        0.05, ge=0, le=1, description="Least share of RRab and RRc stars with a value."
    )


class ZeroPointCheck(_Check):
    """``[validation.zero_point]``: how well the zero-point of [Fe/H] is known."""

    scale_error: float = Field(
        0.05,
        ge=0,
        description="Uncertainty of the scale itself [dex]. Eight sets of high-resolution [Fe/H] "
        "differ from that of Crestani et al. (2021) by 0.14 dex rms, their mean by 0.05.",
    )
    label_error: float | None = Field(
        None,
        ge=0,
        description="Uncertainty of the zero-point of labels that are photometric themselves, on "
        "their scale [dex]. By default that of the catalogue they are taken from, where it tells.",
    )
    limit: float = Field(0.15, gt=0, description="Largest uncertainty [dex].")


class DoubleModeCheck(_Check):
    """``[validation.double_mode]``: RRd stars, whose φ31 is that of neither mode."""


class BlazhkoCheck(_Check):
    """``[validation.blazhko]``: whether errors of modulated stars are as large as they must be."""

    pull: float = Field(
        1.5,
        gt=1,
        description="Largest ratio of the scatter of their residuals, in units of their errors, "
        "to that of other stars.",
    )
    least_stars: int = Field(8, ge=3, description="Modulated calibrators that are enough.")


class EarlierCatalogue(ExternalFile):
    """An earlier catalogue of the same stars: a file, or the answer to a query."""

    id: str = Field(
        "earlier", pattern=r"^[a-z][a-z0-9_]*$", description="What it is called in the report."
    )
    offset: float = Field(0.2, gt=0, description="Largest median difference [dex].")
    scatter: float = Field(0.8, gt=0, description="Largest scatter of the differences [dex].")


class ValidationSection(Strict):
    """What is checked of every catalogue; one that fails is not released without a reason."""

    significance: float = Field(
        2.5,
        gt=0,
        description="A number beyond its limit fails if it is also more than so many standard "
        "errors from zero; otherwise the check settles nothing.",
    )
    calibrators: CalibratorsCheck = CalibratorsCheck()
    clusters: ClustersCheck = ClustersCheck()
    clouds: CloudsCheck = CloudsCheck()
    agreement: AgreementCheck = AgreementCheck()
    trends: TrendsCheck = TrendsCheck()
    period: PeriodCheck = PeriodCheck()
    selection: SelectionCheck = SelectionCheck()
    zero_point: ZeroPointCheck = ZeroPointCheck()
    double_mode: DoubleModeCheck = DoubleModeCheck()
    blazhko: BlazhkoCheck = BlazhkoCheck()
    reference: EarlierCatalogue | None = None

    @field_validator("period")
    @classmethod
    def _are_ordered(cls, check: PeriodCheck) -> PeriodCheck:
        for low, high in (check.RRab, check.RRc):
            if low >= high:
                raise ValueError("the least slope is smaller than the largest")
        return check
