"""Distances of RR Lyrae stars, from [Fe/H], mean magnitudes and extinction."""

from rrcat.catalogue.distance.config import DistanceSection
from rrcat.catalogue.distance.magnitudes import check_bands, check_statuses
from rrcat.catalogue.distance.maps import check_maps
from rrcat.catalogue.distance.modulus import with_distances, without_distances

__all__ = [
    "DistanceSection",
    "check_bands",
    "check_maps",
    "check_statuses",
    "with_distances",
    "without_distances",
]
