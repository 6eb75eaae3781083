"""Looks for what keeps lorefs from working well in a clone, and mends what can be mended."""

from lorefs.doctor.examine import CHECKS, examine
from lorefs.doctor.finding import Finding, Fix, Place
from lorefs.doctor.mend import Mended, fixes_of, mend
from lorefs.doctor.versions import versions

__all__ = [
    "CHECKS",
    "Finding",
    "Fix",
    "Mended",
    "Place",
    "examine",
    "fixes_of",
    "mend",
    "versions",
]
