"""A company with 2,000 people and any number of leads, made by plain SQL: no door, no history.

The same people see the same number of rows at every size, so that only the size of the table differs.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import connection

from crm.models import GROUP_SHARES, USER_SHARES, Lead, Module, ModuleRight, Profile, Role, User
from crm.people.membership import flatten_groups
from crm.people.persons import journal
from crm.people.rights import VERBS
from crm.visibility.indexes import existing_indexes

FIRST_ID = 10**12
TEAMS, TEAM_SIZE = 10, 199
OWN_ROWS, RARE_ROWS, SHARED_ROWS = 500, 40, 600
RARE_COMPANY = "Seldom & Sons"

MOMENT = {
    "postgresql": "(timestamptz '2024-01-01 00:00:00+00' + ({seconds}) * interval '1 second')",
    "sqlite": "datetime(1704067200 + ({seconds}), 'unixepoch')",
}
SERIES = {
    "postgresql": "SELECT g AS i FROM generate_series({first}::bigint, {last}::bigint) AS g",
    "sqlite": "WITH RECURSIVE s(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM s WHERE i < {last}) "
    "SELECT i FROM s",
}
VALUES = {
    "id": f"{FIRST_ID} + i",
    "first_name": "'First ' || (i * 7919 % 9973)",
    "last_name": "'Last ' || (i * 48271 % 99991)",
    "name": "'First ' || (i * 7919 % 9973) || ' Last ' || (i * 48271 % 99991)",
    "company": f"CASE WHEN i <= {RARE_ROWS} THEN '{RARE_COMPANY}' "
    "WHEN i % 10 = 3 THEN NULL ELSE 'Company ' || (i * 15485863 % 49999) END",
    "email": "'lead' || i || '@example.com'",
    "phone": "'+4930' || (i * 7919 % 9999991)",
    "status": "CASE i * 31 % 7 WHEN 0 THEN 'new' WHEN 1 THEN 'attempted' WHEN 2 THEN 'contacted' "
    "WHEN 3 THEN 'qualified' WHEN 4 THEN 'nurture' WHEN 5 THEN 'junk' ELSE 'converted' END",
    "city": "'City ' || (i * 7919 % 1009)",
    "currency": "'EUR'",
    "rate": "1",
    "email_opt_out": "false",
    "tags": "'[]'",
    "custom": "'{{}}'",
    "version": "1",
    "created_at": "{created}",
    "modified_at": "{modified}",
    # The rep's rows first; everybody else's are spread over the other reps.
    "owner_id": "CASE WHEN i > {rare} AND i <= {rare} + {own} THEN {rep} "
    "ELSE (SELECT id FROM bench_people WHERE place = i * 7919 % {reps}) END",
}


@dataclass(frozen=True)
class Cast:
    """The people whose lists are measured."""

    rep: User
    rep_by_share: User
    manager: User
    sees_all: User
    sees_none: User
    chief: User


def _profile(key: str, features: list[str]) -> Profile:
    group = Group.objects.create(name=f"profile: {key}")
    profile = Profile.objects.create(key=key, name=key.title(), features=features, group=group)
    ModuleRight.objects.bulk_create(
        ModuleRight(profile=profile, module=module, **{f"can_{verb}": True for verb in VERBS})
        for module in Module.objects.all()
    )
    return profile


def _person(name: str, profile: Profile, role: Role | None) -> User:
    email = f"{name.replace(' ', '.')}@bench.example"
    return User(email=email, name=name, profile=profile, role=role, password="!")  # noqa: S106 — no log-in


def make_people() -> Cast:
    """A chief, ten teams with a manager and 199 reps each, and four people beside them."""
    staff, seers = _profile("bench_staff", []), _profile("bench_seers", ["see_everything"])
    top = Role.objects.create(key="bench_top", name="Bench")
    cast = {
        name: _person(name, profile, role)
        for name, profile, role in (
            ("chief", staff, top),
            ("rep by share", staff, None),
            ("sees all", seers, None),
            ("sees none", staff, None),
        )
    }
    people = list(cast.values())
    roles, managers = [], []
    for team in range(TEAMS):
        role = Role.objects.create(key=f"bench_{team}", name=f"Team {team}", parent=top)
        manager = _person(f"manager {team}", staff, role)
        people += [manager, *(_person(f"rep {team} {place}", staff, role) for place in range(TEAM_SIZE))]
        roles.append(role)
        managers.append(manager)
    User.objects.bulk_create(people)
    for role, head in zip([top, *roles], [cast["chief"], *managers], strict=True):
        role.head = head
        role.save()
    flatten_groups()
    journal(None, "person", "bench", None, {"people": len(people)})
    rep = User.objects.get(name="rep 0 0")
    return Cast(rep, cast["rep by share"], managers[0], cast["sees all"], cast["sees none"], cast["chief"])


def fill_leads(cast: Cast, first: int, last: int) -> None:
    """Inserts leads number `first` to `last`; the rep's, the shared and the rare ones come first."""
    reps = User.objects.filter(name__startswith="rep ").exclude(pk__in=[cast.rep.pk, cast.rep_by_share.pk])
    owners = list(enumerate(reps.order_by("pk").values_list("pk", flat=True)))
    moment = MOMENT[connection.vendor]
    values = ", ".join(VALUES.values()).format(
        created=moment.format(seconds="i * 6700417 % 94608000"),
        modified=moment.format(seconds="i * 86028121 % 94608000"),
        rare=RARE_ROWS,
        own=OWN_ROWS,
        rep=cast.rep.pk,
        reps=len(owners),
    )
    series = SERIES[connection.vendor].format(first=first, last=last)
    columns = ", ".join(f'"{name}"' for name in VALUES)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS bench_people (place bigint PRIMARY KEY, id bigint)"
        )
        cursor.execute("DELETE FROM bench_people")
        cursor.executemany("INSERT INTO bench_people VALUES (%s, %s)", owners)
        cursor.execute(f"INSERT INTO crm_lead ({columns}) SELECT {values} FROM ({series}) AS numbers")
    if first == 1:
        _share(cast)


def _share(cast: Cast) -> None:
    """Shares rows of others with the rep who has none: half of them directly, half with a group."""
    group = Group.objects.create(name="bench")
    cast.rep_by_share.groups.add(group)
    permission = Permission.objects.get(codename="view_lead", content_type__app_label="crm")
    start = FIRST_ID + RARE_ROWS + OWN_ROWS
    ids = [start + place * 7 for place in range(1, SHARED_ROWS + 1)]
    USER_SHARES[Lead].objects.bulk_create(
        USER_SHARES[Lead](user=cast.rep_by_share, permission=permission, content_object_id=pk)
        for pk in ids[: SHARED_ROWS // 2]
    )
    GROUP_SHARES[Lead].objects.bulk_create(
        GROUP_SHARES[Lead](group=group, permission=permission, content_object_id=pk)
        for pk in ids[SHARED_ROWS // 2 :]
    )


def drop_field_indexes() -> None:
    """Without them a million rows go in much sooner; `build_indexes` makes them again."""
    with connection.cursor() as cursor:
        for name in existing_indexes():
            cursor.execute(f'DROP INDEX "{name}"')


def refresh_statistics() -> None:
    """What autovacuum does in the course of a day."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")
