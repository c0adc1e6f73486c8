"""Admin pages of workflow automation."""

from workflows.admin import assignment, hours, named, rules, runs

__all__ = ["assignment", "hours", "named", "rules", "runs"]
