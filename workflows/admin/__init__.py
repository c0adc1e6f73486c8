"""Admin pages of workflow automation."""

from workflows.admin import assignment, deliveries, hours, rules, runs, webhooks

__all__ = ["assignment", "deliveries", "hours", "rules", "runs", "webhooks"]
