"""Admin pages of workflow automation."""

from workflows.admin import assignment, rules, runs

__all__ = ["assignment", "rules", "runs"]
