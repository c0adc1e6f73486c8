"""The world of the criteria's tests is that of the formulas, too."""

from tests.crm.criteria.conftest import context, dummy_virtual_fields, world

__all__ = ["context", "dummy_virtual_fields", "world"]
