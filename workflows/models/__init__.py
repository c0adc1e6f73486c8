"""Workflow automation's tables."""

from workflows.models.actions import NamedAction
from workflows.models.assignment import AssignmentEntry, AssignmentRule, RoundRobinCursor
from workflows.models.hours import BusinessHours, SpecialDay
from workflows.models.rules import Mode, Rule, RuleAction, RuleBlock, RuleOnce, Trigger
from workflows.models.runs import ActionRun, RunState, Wake

__all__ = [
    "ActionRun", "AssignmentEntry", "AssignmentRule", "BusinessHours", "Mode", "NamedAction",
    "RoundRobinCursor", "Rule", "RuleAction", "RuleBlock", "RuleOnce", "RunState", "SpecialDay", "Trigger",
    "Wake",
]  # fmt: skip
