"""Admin pages of workflow automation."""

from workflows.admin import assignment, hours, rules, runs, templates

__all__ = ["assignment", "hours", "rules", "runs", "templates"]
