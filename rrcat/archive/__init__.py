"""Where stars, light curves and features come from: the local store and what fills it."""

from rrcat.archive.config import ArchiveConfig, FilesArchive, Selection
from rrcat.archive.files import Ingest, ingest
from rrcat.archive.selection import select
from rrcat.archive.store import LocalStore, write_store

__all__ = [
    "ArchiveConfig",
    "FilesArchive",
    "Ingest",
    "LocalStore",
    "Selection",
    "ingest",
    "select",
    "write_store",
]
