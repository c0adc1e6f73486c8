"""Admin pages of workflow automation."""

from workflows.admin import assignment, deliveries, hours, named, rules, runs, templates, webhooks

__all__ = ["assignment", "deliveries", "hours", "named", "rules", "runs", "templates", "webhooks"]
