"""Finds people by e-mail address or name, as files name them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from crm.fields import ValueProblem
from crm.imports.closest import hint
from crm.models import User


@dataclass
class PeopleByName:
    """All people, read once; 2,000 of them take little memory."""

    by_email: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, list[int]] = field(default_factory=dict)
    inactive: set[int] = field(default_factory=set)
    names: list[str] = field(default_factory=list)

    @classmethod
    def read(cls) -> PeopleByName:
        """The people in the database now; one statement."""
        found = cls()
        for pk, email, name, active in User.objects.values_list("pk", "email", "name", "is_active"):
            found.by_email[email.lower()] = pk
            found.by_name.setdefault(" ".join(name.lower().split()), []).append(pk)
            found.names.append(name)
            if not active:
                found.inactive.add(pk)
        return found

    def find(self, text: str) -> int:
        """The active person's id; raises ValueProblem, which says who is probably meant."""
        wanted = " ".join(text.lower().split())
        email = self.by_email.get(wanted)
        found = [email] if email is not None else self.by_name.get(wanted, [])
        if not found:
            raise ValueProblem(
                _("There is no person “%s”.") % text[:80] + hint(text, self.names), "unknown_person"
            )
        active = [pk for pk in found if pk not in self.inactive]
        if not active:
            raise ValueProblem(_("“%s” is no longer active.") % text[:80], "inactive_person")
        if len(active) > 1:
            raise ValueProblem(
                _("Several people are called “%s”; use the e-mail address.") % text[:80], "ambiguous"
            )
        return active[0]
