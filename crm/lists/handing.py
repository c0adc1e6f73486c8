"""Shared views go to somebody else when their owner leaves. What nobody else sees stays where it is."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Max

from crm.models import ListView, User, ViewSharing


def shared_views_of(person: User) -> list[ListView]:
    """The person's views that others see too."""
    return list(ListView.objects.filter(owner=person).exclude(sharing=ViewSharing.NOBODY))


def give_views(views: Iterable[ListView], to: User) -> None:
    """Makes somebody the owner, in the caller's transaction; who begins with a view still does.

    They come after the new owner's own. A name that the new owner has given already gets the old owner's
    beside it.
    """
    User.objects.select_for_update(no_key=True).get(pk=to.pk)  # as whoever names a view does
    for view in views:
        own = ListView.objects.filter(owner=to, module_id=view.module_id)
        taken = {name.casefold() for name in own.values_list("name", flat=True)}
        view.name = _free_name(view.name, str(view.owner), taken)
        view.position = 1 + (own.aggregate(last=Max("position"))["last"] or 0)
        view.owner = to
        view.save(update_fields=["name", "position", "owner"])


def _free_name(name: str, owner: str, taken: set[str]) -> str:
    """Such as "Hot (Ada Adler)", or "Hot (Ada Adler) 2"."""
    longest = ListView._meta.get_field("name").max_length or 0
    number, found = 1, name
    while found.casefold() in taken:
        ending = f" ({owner})"[: longest // 2] + (f" {number}" if number > 1 else "")
        found = name[: longest - len(ending)] + ending
        number += 1
    return found
