"""Workflow automation's tables."""

from workflows.models.actions import NamedAction
from workflows.models.assignment import AssignmentEntry, AssignmentRule, RoundRobinCursor
from workflows.models.hours import BusinessHours, SpecialDay
from workflows.models.rules import Mode, Rule, RuleAction, RuleBlock, RuleCycle, RuleOnce, RuleSweep
from workflows.models.runs import ActionRun, RunState, Wake
from workflows.models.templates import EmailTemplate
from workflows.models.webhooks import Delivery, SigningSecret, Webhook

__all__ = [
    "ActionRun", "AssignmentEntry", "AssignmentRule", "BusinessHours", "Delivery", "EmailTemplate", "Mode",
    "NamedAction", "RoundRobinCursor", "Rule", "RuleAction", "RuleBlock", "RuleCycle", "RuleOnce",
    "RuleSweep", "RunState", "SigningSecret", "SpecialDay", "Wake", "Webhook",
]  # fmt: skip
