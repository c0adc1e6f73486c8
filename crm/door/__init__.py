"""The one door for writing records.

    outcome = apply([Change(Verb.EDIT, "leads", 17, {"rating": "high"})], actor=user, source=Source.PAGE)

Each change is decided on in memory, with everything it brings about, and then stored at once.
"""

from crm.door.apply import apply
from crm.door.batch import Batch, CauseNode, Draft
from crm.door.changes import Change, DoorRefused, Notice, Outcome, Problem, Result, Source, Verb

__all__ = [
    "Batch", "CauseNode", "Change", "DoorRefused", "Draft", "Notice", "Outcome", "Problem", "Result",
    "Source", "Verb", "apply",
]  # fmt: skip
