"""How many cores this process may use: those of the machine, or fewer that it was given."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def available_cores() -> int:
    """Give the number of cores that this process may use, at least one.

    A batch job or ``taskset`` binds a process to some cores, a container limits its share of them.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, math.floor(min(bound or 1, _share())))


def _share(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> float:
    """Give the limit of the control groups of this process, in cores; infinite where none is set.

    In version 2 the limits of all groups above hold too; what a container sees of them is mounted
    as the top.
    """
    shares = [math.inf, _quota(cgroups / "cpu" / "cpu.cfs_quota_us", "cpu.cfs_period_us")]
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    own = [line.removeprefix("0::/") for line in lines if line.startswith("0::/")]
    for group in own:
        folder = cgroups / group
        folders = [folder, *folder.parents]
        shares += [_max(one / "cpu.max") for one in folders[: len(Path(group).parts) + 1]]
    return min(shares)


def _max(file: Path) -> float:
    """Read version 2: ``cpu.max`` says quota, or ``max``, and period."""
    try:
        quota, period = file.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return math.inf
    return math.inf if quota == "max" else int(quota) / int(period)


def _quota(file: Path, period: str) -> float:
    """Read version 1: quota and period in a file each, -1 where there is no limit."""
    try:
        quota = int(file.read_text(encoding="ascii"))
        return math.inf if quota < 0 else quota / int((file.parent / period).read_text())
    except (OSError, ValueError):
        return math.inf
