"""Workflow automation's tables."""

from workflows.models.assignment import AssignmentEntry, AssignmentRule, RoundRobinCursor
from workflows.models.hours import BusinessHours, SpecialDay
from workflows.models.rules import Mode, Rule, RuleAction, RuleBlock, RuleCycle, RuleOnce, RuleSweep
from workflows.models.runs import ActionRun, RunState, Wake

__all__ = [
    "ActionRun", "AssignmentEntry", "AssignmentRule", "BusinessHours", "Mode", "RoundRobinCursor", "Rule",
    "RuleAction", "RuleBlock", "RuleCycle", "RuleOnce", "RuleSweep", "RunState", "SpecialDay", "Wake",
]  # fmt: skip
