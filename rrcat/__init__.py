"""rrcat: catalogues of metallicity from RR Lyrae light curves.

The package imports nothing heavy here, so that ``rrcat --help`` answers at once; what a reader of
a release uses, ``rrcat.open_release``, is imported when it is asked for.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rrcat.release.opened import Release as Release
    from rrcat.release.opened import open_release as open_release
    from rrcat.release.subset import Cone as Cone

__all__ = ["Cone", "Release", "__version__", "open_release"]
__version__ = "0.1.0"

_LAZY = {
    "Cone": "rrcat.release.subset",
    "Release": "rrcat.release.opened",
    "open_release": "rrcat.release.opened",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
