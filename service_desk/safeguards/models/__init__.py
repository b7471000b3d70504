"""The tables of safeguards."""

from service_desk.safeguards.models.backups import BackupCopy, BackupPlan
from service_desk.safeguards.models.drills import DrillStep, RestoreDrill
from service_desk.safeguards.models.reviews import AccessFinding, AccessReview, AccessSnapshot
from service_desk.safeguards.models.rounds import InspectionRound, RoundItem, RoundTemplate

__all__ = [
    "AccessFinding", "AccessReview", "AccessSnapshot", "BackupCopy", "BackupPlan", "DrillStep", "InspectionRound",
    "RestoreDrill", "RoundItem", "RoundTemplate",
]  # fmt: skip
