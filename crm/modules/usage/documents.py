"""Live documents that build on a module, field or value.

Each is checked by its own kind against the configuration as it would be then: whatever a kind reads of
its documents (criteria, actions, texts), today's kinds and those of higher floors, is found this way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from crm.documents.kinds import DOCUMENT_KINDS, PAGES, Data
from crm.documents.live import document_data
from crm.models import DocumentVersion, VersionState
from crm.modules.loading import registry, tried
from crm.modules.registry import FieldInfo, Registry
from crm.modules.usage.base import Subject, Usage, register_usage


@register_usage
def live_documents(subject: Subject) -> Iterable[Usage]:
    """Rules and other documents that could not run without the subject."""
    module = registry().modules.get(subject.module)
    if module is None or (subject.field is not None and subject.field not in module.fields):
        return ()
    return documents_broken_by(without(registry(), subject))


def without(known: Registry, subject: Subject) -> Registry:
    """The registry as it would be if the subject were gone."""
    if subject.field is None:
        rest = {key: info for key, info in known.modules.items() if key != subject.module}
        return replace(known, modules=rest)
    info = known.module(subject.module).field(subject.field)
    if subject.value is None:
        return with_field(known, info, None)
    choices = {key: choice for key, choice in info.choices.items() if key != subject.value}
    return with_field(known, info, replace(info, choices=choices))


def with_field(known: Registry, before: FieldInfo, after: FieldInfo | None) -> Registry:
    """The registry with one field changed, or gone if `after` is None."""
    module = known.module(before.module)
    fields = {key: after if key == before.key else info for key, info in module.fields.items()}
    changed = replace(module, fields={key: info for key, info in fields.items() if info is not None})
    return replace(known, modules={**known.modules, module.key: changed})


def documents_broken_by(trial: Registry) -> list[Usage]:
    """Live documents that have problems in this registry which they do not have now."""
    now = live_problems()
    with tried(trial):
        then = live_problems()
    return newly_broken(now, then)


def live_problems() -> dict[DocumentVersion, list[str]]:
    """What is wrong with each live document, as things are."""
    versions = DocumentVersion.objects.filter(state=VersionState.PUBLISHED).order_by("kind", "key")
    return {
        version: _problems(version, document_data(version))
        for version in versions
        if version.kind in DOCUMENT_KINDS
    }


def newly_broken(
    now: Mapping[DocumentVersion, list[str]], then: Mapping[DocumentVersion, list[str]]
) -> list[Usage]:
    """The documents that have problems then which they do not have now."""
    broken = []
    for version, problems in then.items():
        if new := [problem for problem in problems if problem not in now.get(version, ())]:
            where = str(DOCUMENT_KINDS[version.kind].label)
            url = PAGES[version.kind](version.key) if version.kind in PAGES else ""
            broken.append(Usage("document", f"“{version.name}” ({new[0]})", where, blocking=True, url=url))
    return broken


def _problems(version: DocumentVersion, data: Data) -> list[str]:
    return [str(problem) for problem in DOCUMENT_KINDS[version.kind].validate(version.key, data)]
