"""Conversions: a lead becomes account, contact and deal; a quote becomes an invoice.

The lead stays, as converted, with links to what it became and with its history. Its notes and files go
to the contact, and so do tasks and whatever else is about the lead; each of the records tells in its
history where it came from. People with whom the lead was shared get the same share of the new records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from crm.door.apply import apply
from crm.door.batch import Batch, CauseNode
from crm.door.changes import Change, Outcome, Problem, Source, Verb
from crm.door.copying import lead_values
from crm.door.guards import refusal
from crm.door.ids import take_ids
from crm.door.intake import draft_of
from crm.door.once import in_one_transaction
from crm.door.reading import Stored
from crm.door.share import copy_shares
from crm.door.verbs import CONVERT, hold, new_batch, refused, relinking, tell, under
from crm.fields.links import Ref
from crm.models import Attachment, History, Lead, Note, RecordLink, User
from crm.models.records import Record
from crm.modules.registry import ModuleInfo

Part: TypeAlias = "int | Mapping[str, Any] | None"
PARTS = {"accounts": "account", "contacts": "contact", "deals": "deal"}


@dataclass(frozen=True)
class Converted:
    """What a lead became."""

    account_id: int | None
    contact_id: int | None
    deal_id: int | None
    outcome: Outcome


@dataclass(frozen=True)
class Conversion:
    """A lead that is held, and what it becomes: by module, the id and whether it is new, with what."""

    batch: Batch
    module: ModuleInfo
    lead: Stored
    ids: Mapping[str, int]
    made: Mapping[str, Change]


def convert_lead(
    lead_id: int,
    *,
    actor: User | None,
    account: Part = None,
    contact: Part = None,
    deal: Mapping[str, Any] | None = None,
    make_account: bool = True,
    version: int | None = None,
    source: Source = Source.PAGE,
    cause: CauseNode | None = None,
) -> Converted:
    """Converts a lead that the actor may edit; raises DoorRefused, and then nothing has happened.

    `account` and `contact` are ids of existing records, which keep their values, or values for new
    ones that go before the lead's own. Without `account` one is made of the lead's company, if it has
    one and `make_account` is true. A deal is made only if `deal` gives values ({} will do).
    """
    root = cause or CauseNode(source.value, str(actor) if actor else source.value)

    def work() -> Converted:
        batch = new_batch(actor, source, "", root)
        lead = hold(batch, "leads", [lead_id], "edit")[lead_id]
        module = batch.registry.module("leads")
        _refuse_twice(batch, module, lead, version)
        under(batch, "convert", _("Conversion of “%s”") % lead.values.get("name"))
        has_account = account is not None or (make_account and lead.values.get("company") is not None)
        parts: dict[str, Part] = {"accounts": (account or {}) if has_account else None}
        parts |= {"contacts": contact or {}, "deals": deal}
        return _convert(_conversion(batch, module, lead, parts), source)

    return in_one_transaction(work, root)


def _refuse_twice(batch: Batch, module: ModuleInfo, lead: Stored, version: int | None) -> None:
    if lead.values.get("converted_at") is not None:
        message = _("This lead is converted already.")
        raise refused("leads", lead.id, Problem(None, "converted", message))
    if version is not None and version != lead.version:
        message = _("This lead was changed in the meantime; look at it again.")
        raise refused("leads", lead.id, Problem(None, "stale", message, {"version": lead.version}))
    if (reason := refusal(batch, draft_of(module, lead, Verb.EDIT), None)) is not None:
        raise refused("leads", lead.id, Problem(None, "locked", reason))


def _conversion(batch: Batch, module: ModuleInfo, lead: Stored, parts: Mapping[str, Part]) -> Conversion:
    """Ids for all parts, and the changes that make the new ones, each linked to those before it."""
    new = {key: part for key, part in parts.items() if isinstance(part, Mapping)}
    given = {key: part for key, part in parts.items() if isinstance(part, int)}
    taken = given | dict(zip(new, take_ids(len(new)), strict=True))
    ids = {key: taken[key] for key in parts if key in taken}
    made = {}
    for key, typed in new.items():
        target = batch.registry.module(key)
        links = {PARTS[other]: ids[other] for other in ids if PARTS[other] in target.fields}
        own = lead_values(module, lead.values, target) | links
        carried = {name: value for name, value in own.items() if name not in typed}
        made[key] = Change(Verb.CREATE, key, ids[key], {**carried, **typed}, copied=frozenset(carried))
    return Conversion(batch, module, lead, ids, made)


def _convert(conversion: Conversion, source: Source) -> Converted:
    batch, lead, ids = conversion.batch, conversion.lead, conversion.ids
    values: dict[str, Any] = {"status": "converted", "converted_at": batch.now}
    values |= {f"converted_{PARTS[key]}": record_id for key, record_id in ids.items()}
    done = Change(Verb.EDIT, "leads", lead.id, values, system=True, copied=frozenset(values))
    changes = [*conversion.made.values(), done]
    _check_existing(conversion)
    outcome = apply(changes, actor=batch.actor, source=source, cause=batch.cause, now=batch.now).or_raise()
    moves = _about(conversion)
    moved = apply(
        moves, actor=batch.actor, source=source, cause=batch.cause, now=batch.now, trusted=True
    ).or_raise()
    outcome.notices += moved.notices
    counts = _move_attached(conversion)
    models: dict[int, type[Record]] = {ids[key]: batch.registry.module(key).model for key in conversion.made}
    copy_shares(Lead, [lead.id], models)
    _history(conversion, counts)
    return Converted(ids.get("accounts"), ids.get("contacts"), ids.get("deals"), outcome)


def _check_existing(conversion: Conversion) -> None:
    """Existing records that the lead is joined with are seen by the actor, and stay while it happens."""
    for key, record_id in conversion.ids.items():
        if key not in conversion.made:
            hold(conversion.batch, key, [record_id], "view")


def _about(conversion: Conversion) -> list[Change]:
    """Changes that turn what is about the lead (tasks), also in the bin, to the contact."""
    contact = Ref("contacts", conversion.ids["contacts"])
    links = RecordLink.objects.filter(to_id=conversion.lead.id).order_by("from_module", "from_id", "field")
    changes = []
    for module, from_id, key in links.values_list("from_module", "from_id", "field"):
        info = conversion.batch.registry.modules.get(module)
        if info is not None and key in info.fields and info.fields[key].type.family == "any_link":
            changes.append(relinking(module, from_id, key, contact))
    return changes


def _move_attached(conversion: Conversion) -> dict[str, int]:
    """Notes and files go to the contact; how many."""
    target = {"module": "contacts", "record_id": conversion.ids["contacts"]}
    notes = Note.objects.filter(record_id=conversion.lead.id).update(**target)
    attached = Attachment.objects.filter(record_id=conversion.lead.id).update(**target)
    return {key: count for key, count in (("notes", notes), ("files", attached)) if count}


def _history(conversion: Conversion, counts: dict[str, int]) -> None:
    batch, lead, ids = conversion.batch, conversion.lead, conversion.ids
    became = {PARTS[key]: record_id for key, record_id in ids.items()}
    told: dict[str, Any] = {"into": became, **counts}
    tell(batch, History.Kind.CONVERT, "leads", {lead.id: (lead.version + 1, {CONVERT: [None, told, None]})})
    origin = {"from": {"lead": lead.id, "name": lead.values.get("name")}}
    for key, record_id in ids.items():
        rows = batch.registry.module(key).rows().filter(pk=record_id).values_list("version", flat=True)
        entry = {CONVERT: [None, origin | (counts if key == "contacts" else {}), None]}
        tell(batch, History.Kind.CONVERT, key, {record_id: (rows[0], entry)})
