"""Who sees what: decided here once, and asked by everything that shows or changes records."""

from crm.people.rights import Access
from crm.visibility.access import (
    FieldAnswer,
    can,
    fields_of,
    fields_of_records,
    has_feature,
    readable,
    register_field_answer,
)
from crm.visibility.branches import Asked, Branch, Viewer, register_branch
from crm.visibility.limits import TooSlow
from crm.visibility.order import BadCursor, Cursor, FieldRefused, Sort
from crm.visibility.paging import Count, Page, count, matching_ids, page
from crm.visibility.reach import Everything, OfOwners, Reach, Walk, WithIds
from crm.visibility.rows import editable_ids, users_who_can, visible_ids, visible_to

__all__ = [
    "Access", "Asked", "BadCursor", "Branch", "Count", "Cursor", "Everything", "FieldAnswer", "FieldRefused",
    "OfOwners", "Page", "Reach", "Sort", "TooSlow", "Viewer", "Walk", "WithIds", "can", "count",
    "editable_ids", "fields_of", "fields_of_records", "has_feature", "matching_ids", "page", "readable",
    "register_branch", "register_field_answer", "users_who_can", "visible_ids", "visible_to",
]  # fmt: skip
