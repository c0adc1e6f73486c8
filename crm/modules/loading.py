"""Reads the registry from the configuration tables, once per space and generation."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from crm.documents.generation import current_generation
from crm.fields import FIELD_TYPES
from crm.models import CustomRecord, Field, IndexState, Module, PicklistValue, Record
from crm.modules.builtin import BY_KEY, SECTIONS, specs
from crm.modules.registry import Choice, FieldInfo, ModuleInfo, Registry, SectionInfo
from crm.space import current_space

_cache: OrderedDict[tuple[str, int], Registry] = OrderedDict()
_lock = Lock()
_trial: ContextVar[Registry | None] = ContextVar("trial_registry", default=None)
KEPT = 4
SECTION_KEYS = frozenset(key for key, _label in SECTIONS)


def registry() -> Registry:
    """The registry at the current generation."""
    trial = _trial.get()
    if trial is not None:
        return trial
    key = (current_space(), current_generation())
    found = _cache.get(key)
    if found is None:
        found = _read(key[1])
        with _lock:
            _cache[key] = found
            while len(_cache) > KEPT:
                _cache.popitem(last=False)
    return found


@contextmanager
def tried(trial: Registry) -> Iterator[None]:
    """Lets what is inside see this registry: to find out what a change would do, before it is made."""
    token = _trial.set(trial)
    try:
        yield
    finally:
        _trial.reset(token)


def module(key: str) -> ModuleInfo:
    """The active module with that key; raises UnknownModule."""
    return registry().module(key)


def clear_registry() -> None:
    """Forgets every registry; for tests that roll the configuration back."""
    _cache.clear()


def _read(generation: int) -> Registry:
    rows = Module.objects.filter(active=True).prefetch_related(
        "sections", "fields__values", "fields__section"
    )
    modules = {row.key: module_info(row) for row in rows}
    return Registry(generation, modules)


def model_of(row: Module) -> type[Record]:
    """The model whose rows are the module's records."""
    return BY_KEY[row.key].model if row.builtin else CustomRecord


def module_info(row: Module) -> ModuleInfo:
    """A module as the registry has it, also one that is switched off."""
    model = model_of(row)
    columns = {key: names for key, names, _spec in specs(model)}
    sections = list(row.sections.all())
    places = {section.pk: place for place, section in enumerate(sections)}
    ordered = sorted(
        (field for field in row.fields.all() if field.active),
        key=lambda field: (places.get(field.section_id or 0, len(places)), field.position, field.pk),
    )
    fields = {field.key: _field(row, field, columns.get(field.key, ())) for field in ordered}
    return ModuleInfo(
        key=row.key,
        model=model,
        builtin=row.builtin,
        source_label=row.label,
        source_label_plural=row.label_plural,
        labels=row.labels,
        sharing=row.sharing,
        position=row.position,
        fields=fields,
        sections=tuple(
            SectionInfo(section.key, section.label, section.labels, section.key in SECTION_KEYS)
            for section in sections
        ),
    )


def field_info(row: Field) -> FieldInfo:
    """A field as the registry has it, also one that is switched off."""
    columns = {key: names for key, names, _spec in specs(model_of(row.module))}
    return _field(row.module, row, columns.get(row.key, ()))


def _field(module: Module, row: Field, columns: tuple[str, ...]) -> FieldInfo:
    return FieldInfo(
        module=module.key,
        key=row.key,
        type=FIELD_TYPES[row.type],
        source_label=row.label,
        labels=row.labels,
        builtin=row.builtin,
        system=row.system,
        required=row.required,
        unique=row.unique,
        searched=row.searched,
        sorted=row.sorted,
        default=row.default,
        help=row.help,
        options=row.options,
        section=row.section.key if row.section else None,
        position=row.position,
        columns=columns if row.builtin else (),
        choices=_choices(row.values.all(), row.builtin),
        index_ready=row.index_state == IndexState.READY,
    )


def _choices(values: Iterable[PicklistValue], builtin: bool) -> Mapping[str, Choice]:
    return {
        value.key: Choice(value.key, value.label, value.labels, value.attributes, value.active, builtin)
        for value in values
    }
