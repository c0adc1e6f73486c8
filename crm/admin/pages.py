"""All admin pages of the ground floor; imported when the applications are loaded."""

from crm.admin import company, exports, fields, journal, modules, people, profiles, records, roles, tokens

__all__ = [
    "company", "exports", "fields", "journal", "modules", "people", "profiles", "records", "roles", "tokens",
]  # fmt: skip
