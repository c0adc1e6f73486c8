"""Loads what criteria read beyond the record itself, for many records with a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from crm.criteria.paths import Hop, Operand, Paths
from crm.criteria.persons import person_values
from crm.criteria.virtual import virtual_field
from crm.modules.registry import FieldInfo, ModuleInfo

AT_ONCE = 10_000  # ids in one statement

Values = dict[int, dict[str, Any]]  # by record id, then by path


def load_linked_values(
    module: ModuleInfo, paths: Iterable[str], rows: Mapping[int, Mapping[str, Any]]
) -> Values:
    """The values at these paths by record id and path, `None` where nothing is linked.

    `rows` are the records' own values by id. Paths are those of `Criteria.linked_paths`, of any number
    of criteria together; own fields among them are left out. One query per link that is followed, per
    hop, and those of each virtual field's loader (for each 10,000 linked records).
    """
    resolver = Paths(module)
    operands = [resolver.operand(path) for path in dict.fromkeys(paths)]
    wanted = [operand for operand in operands if not operand.own]
    result: Values = {record_id: {operand.path: None for operand in wanted} for record_id in rows}
    _load(module, [(operand.hops, operand) for operand in wanted], rows, result)
    return result


Task = tuple[tuple[Hop, ...], Operand]  # the hops still to go, and where they lead


def _load(
    module: ModuleInfo, tasks: list[Task], rows: Mapping[int, Mapping[str, Any]], result: Values
) -> None:
    """Sets the values of these tasks for rows of one module, of which the own values are at hand."""
    by_link: dict[str, list[Task]] = defaultdict(list)
    for hops, operand in tasks:
        if hops:
            by_link[hops[0].field.key].append((hops[1:], operand))
        else:
            _end(module, operand, rows, result)
    for key, further in by_link.items():
        _follow(module.fields[key], further, rows, result)


def _end(module: ModuleInfo, operand: Operand, rows: Mapping[int, Mapping[str, Any]], result: Values) -> None:
    """Sets the values of a path that ends in this module."""
    virtual = virtual_field(module, operand.field.key) if operand.virtual else None
    loaded = virtual.load(module, rows.keys()) if virtual else None
    for record_id, values in rows.items():
        found = values.get(operand.field.key) if loaded is None else loaded.get(record_id)
        result[record_id][operand.path] = found


def _follow(
    link: FieldInfo, tasks: list[Task], rows: Mapping[int, Mapping[str, Any]], result: Values
) -> None:
    """Loads the records that the link leads to, sets the tasks' values for them, and hands them back."""
    target = next(operand.hops[-1 - len(hops)].module for hops, operand in tasks)
    linked = {record_id: values.get(link.key) for record_id, values in rows.items()}
    ids = {target_id for target_id in linked.values() if target_id is not None}
    if target is None:
        people = person_values(ids)
        found = {
            person: {operand.path: values[operand.field.key] for _hops, operand in tasks}
            for person, values in people.items()
        }
    else:
        loaded = read_values(target, _needed(tasks), ids)
        found = {record_id: {} for record_id in loaded}
        _load(target, tasks, loaded, found)
    for record_id, target_id in linked.items():
        if target_id in found:
            result[record_id].update(found[target_id])


def _needed(tasks: list[Task]) -> set[str]:
    """The fields of the next module that these tasks ask for."""
    ends = {operand.field.key for hops, operand in tasks if not hops and not operand.virtual}
    return ends | {hops[0].field.key for hops, _operand in tasks if hops}


def read_values(module: ModuleInfo, keys: Collection[str], ids: Collection[int]) -> Values:
    """Some fields of these records, by id; records that are gone are left out."""
    fields = [module.field(key) for key in keys]
    columns = [column for info in fields for column in info.columns]
    custom = ["custom"] if any(info.custom for info in fields) else []
    return {
        row["id"]: {info.key: _value(info, row) for info in fields}
        for some in _chunks(ids)
        for row in module.rows().order_by().filter(id__in=some).values("id", *columns, *custom)
    }


def _value(info: FieldInfo, row: Mapping[str, Any]) -> Any:
    if info.columns:
        return info.type.from_columns(tuple(row[column] for column in info.columns), info)
    stored = row["custom"].get(info.key)
    return info.type.empty if stored is None else info.type.load(stored, info)


def _chunks(ids: Collection[int]) -> Iterator[list[int]]:
    remaining = iter(ids)
    while some := list(islice(remaining, AT_ONCE)):
        yield some
