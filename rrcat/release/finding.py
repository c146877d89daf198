"""What is wrong with a release, said of the file at fault."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a release, and in which file."""

    file: str
    what: str

    def as_dict(self) -> dict[str, str]:
        """Give the finding as plain data."""
        return asdict(self)
