"""Which verbs, which features and which fields: what pages, lists, the door and the API ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from crm.models import User
from crm.modules.loading import module as module_by_key
from crm.modules.registry import ModuleInfo
from crm.people.remembered import PerGeneration
from crm.people.rights import VERBS, Access, Rights, UnknownVerb, rights_of

RecordAccess = Mapping[str, Access]
STRENGTH = {Access.HIDDEN: 0, Access.READ: 1, Access.EDIT: 2}


@PerGeneration
def _answers() -> dict[tuple[Rights, str], RecordAccess]:
    """The answers of `fields_of` given so far, by rights and module."""
    return {}


def has_feature(user: User, feature: str) -> bool:
    """Whether the person's profile allows a feature; raises UnknownFeature for one that nobody registered."""
    return rights_of(user).has_feature(feature)


def can(user: User, verb: str, module: ModuleInfo | str, record_id: int | None = None) -> bool:
    """Whether the person may do this in the module; with a record's id, whether to this record.

    `verb` is one of VERBS. Every other verb needs the right to view as well.
    """
    if verb not in VERBS:
        raise UnknownVerb(verb)
    info = module_by_key(module) if isinstance(module, str) else module
    if not rights_of(user).may(verb, info.key):
        return False
    if record_id is None:
        return True
    from crm.visibility.rows import editable_ids, visible_ids

    if verb in ("view", "export"):
        return record_id in visible_ids(user, info, [record_id])
    return record_id in editable_ids(user, info, [record_id], verb=verb)


def fields_of(user: User, module: ModuleInfo) -> RecordAccess:
    """What the person may do with each field of the module, by key. Cached; don't change it."""
    rights = rights_of(user)
    answers, key = _answers(), (rights, module.key)
    found = answers.get(key)
    if found is None or found.keys() != module.fields.keys():  # a caller may hold an older module
        found = MappingProxyType({info.key: rights.field(info) for info in module.fields.values()})
        answers[key] = found
    return found


def readable(user: User, module: ModuleInfo) -> frozenset[str]:
    """The keys of the fields that the person may read."""
    return frozenset(key for key, access in fields_of(user, module).items() if access is not Access.HIDDEN)


class FieldAnswer:
    """Gives somebody more of single records than the profile does, such as to an approver who is asked.

    It never takes anything away, and counts only for the records that it names.
    """

    def fields(self, user: User, module: ModuleInfo, ids: Iterable[int]) -> Mapping[int, RecordAccess]:
        """By record, the fields that are opened."""
        raise NotImplementedError


FIELD_ANSWERS: list[FieldAnswer] = []


def register_field_answer(answer: FieldAnswer) -> FieldAnswer:
    """Lets a higher floor open fields of single records."""
    FIELD_ANSWERS.append(answer)
    return answer


def fields_of_records(user: User, module: ModuleInfo, ids: Iterable[int]) -> dict[int, RecordAccess]:
    """What the person may do with each field of each of these records: the profile's answer or more."""
    wanted = list(ids)
    usual = fields_of(user, module)
    found: dict[int, RecordAccess] = dict.fromkeys(wanted, usual)
    for answer in FIELD_ANSWERS:
        for record_id, opened in answer.fields(user, module, wanted).items():
            found[record_id] = stronger(found.get(record_id, usual), opened)
    return found


def stronger(usual: RecordAccess, opened: RecordAccess) -> RecordAccess:
    """Field by field, the one that allows more."""
    return {
        key: max(access, opened.get(key, Access.HIDDEN), key=STRENGTH.__getitem__)
        for key, access in usual.items()
    }
