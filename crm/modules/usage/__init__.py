"""Where a module, field or picklist value is used; higher floors register finders of their own."""

from crm.modules.usage.base import Subject, Usage, check_usage, register_usage, usages_of
from crm.modules.usage.configuration import profiles
from crm.modules.usage.documents import live_documents
from crm.modules.usage.records import records

__all__ = [
    "Subject",
    "Usage",
    "check_usage",
    "live_documents",
    "profiles",
    "records",
    "register_usage",
    "usages_of",
]
