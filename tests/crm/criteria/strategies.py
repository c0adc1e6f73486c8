"""What hypothesis draws: paths, values of every type with the awkward ones preferred, and criteria."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from crm.criteria import Context, virtual_fields
from crm.criteria.operators import Operator, operators_of
from crm.criteria.paths import Operand, Paths
from crm.criteria.persons import PERSON_FIELDS
from crm.fields.links import Ref
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from tests.crm.criteria.world import COLOURS

MODULES = ("deals", "machines", "accounts", "tasks", "leads", "sites", "quotes")
TEXTS = (
    "ß", "SS", "ss", "ẞ", "İ", "i̇", "I", "ı", "i", "Σ", "σ", "ς", "ΑΣ", "ας", "ασ", "ΑΣΑ", "ΑΣ.Α", "ΑΣ\u0301",
    "é", "e\u0301", "É", "%", "_", "50%", "5_0", "\\", "\\%", "a\\", "K", "k", "ſ", "ﬁ", "Ǆ", "ǅ", "ǆ",
    "𐐀", "𐐨", "\u0345", "ᾼ", "ᾳ", "Å", "å", "A", "a", "Ada", "ADA GMBH", "ada gmbh", "x ", "\n", "'", '"',
    "{}", "null", "\u200d", "Σ\U00010efd", "x\u0eceΣ", "ΑΣ\u0eceΑ",
)  # fmt: skip
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Apia", "Asia/Kathmandu",
    "America/Sao_Paulo", "Africa/Cairo", "America/Havana", "Etc/GMT+12",
)  # fmt: skip
NOW = datetime(2024, 2, 29, 23, 30, tzinfo=UTC)
DAYS = tuple(
    NOW.date() + timedelta(days=days) for days in (-400, -31, -30, -8, -7, -2, -1, 0, 1, 2, 7, 31, 366)
)
EDGES = (date.min, date.max, date(2018, 11, 4), date(2011, 12, 30), date(1900, 1, 1))
MOMENTS = (
    NOW,
    NOW + timedelta(seconds=1),
    NOW - timedelta(seconds=1),
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC, microsecond=0),
    *(datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for day in DAYS[3:11] for hour in (0, 4, 23)),
)

texts = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=4
)
days = st.sampled_from((*DAYS, *EDGES)) | st.dates()
moments = st.sampled_from(MOMENTS) | st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


def _numbers(field: FieldInfo) -> st.SearchStrategy[Any]:
    scale = getattr(field.type, "scale", None)
    small = st.integers(-3, 3)
    digits = st.integers(-(10**15) + 1, 10**15 - 1)
    if scale is None:
        return small | digits
    places = scale(field)
    return (small.map(lambda n: Decimal(n).quantize(Decimal(1).scaleb(-places)))) | (small | digits).map(
        lambda n: Decimal(n).scaleb(-places)
    )


def _keys(field: FieldInfo) -> tuple[str, ...]:
    return tuple(field.choices) or (COLOURS if field.type.family == "choices" else ("EUR", "USD", "GBP"))


class World:
    """What values may point to: the ids of people and of records by module."""

    def __init__(self, people: list[int], per_module: int, linked: int) -> None:
        self.people = people
        self.made: dict[tuple[str, str], list[st.SearchStrategy[Any]]] = {}
        self.linked = linked  # so many of each module are sure to exist
        self.ids = {
            key: [at * 100 + n for n in range(per_module)] for at, key in enumerate(registry().modules, 1)
        }

    def value(self, field: FieldInfo) -> st.SearchStrategy[Any]:
        """A value, never None, of the field."""
        known = self.made.setdefault((field.module, field.key), [])
        if not known:
            known.append(VALUES[field.type.family](field, self))
        return known[0]

    def stored(self, field: FieldInfo) -> st.SearchStrategy[Any]:
        """A value as a record may have it."""
        if field.type.family == "boolean":
            return st.booleans()
        if field.key in ("created_at", "modified_at"):  # never empty
            return moments
        length = field.options.get("length", 1000)
        found = self.value(field)
        if field.type.family == "text":
            found = found.map(lambda text: text[:length])
        return st.none() | found | found


VALUES: dict[str, Callable[[FieldInfo, World], st.SearchStrategy[Any]]] = {
    "text": lambda field, world: texts,
    "number": lambda field, world: _numbers(field),
    "date": lambda field, world: days,
    "datetime": lambda field, world: moments,
    "boolean": lambda field, world: st.booleans(),
    "choice": lambda field, world: st.sampled_from(_keys(field)),
    "choices": lambda field, world: st.lists(
        st.sampled_from(_keys(field)), min_size=1, max_size=3, unique=True
    ),
    "user": lambda field, world: st.sampled_from(world.people),
    # a custom link may lead to a record that is gone
    "link": lambda field, world: st.sampled_from(
        world.ids[field.target or ""][: world.linked + field.custom]
    ),
    "any_link": lambda field, world: st.sampled_from(
        [Ref(key, record_id) for key in ("deals", "machines") for record_id in world.ids[key]]
    ),
    "lines": lambda field, world: st.just([{"product": None, "text": "Work"}]),
}


@st.composite
def paths(draw: st.DrawFn, module: ModuleInfo) -> str:
    """A path from the module, over up to three links, and maybe on to a person."""
    walked: list[str] = []
    here: ModuleInfo = module
    for _hop in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2, 3)))):
        links = [field for field in here.link_fields if field.type.family == "link"]
        if not links:
            break
        link = draw(st.sampled_from(links))
        walked.append(link.key)
        here = registry().module(link.target or "")
    family = draw(st.sampled_from(sorted({field.type.family for field in here.fields.values()})))
    fields = [field for field in here.fields.values() if field.type.family == family]
    virtual = [field.info(here) for field in virtual_fields(here) if field.family == family]
    end = draw(st.sampled_from([*fields, *virtual]))
    walked.append(end.key)
    if family == "user" and draw(st.booleans()):
        walked.append(draw(st.sampled_from(sorted(PERSON_FIELDS))))
    return ".".join(walked)


def _one(draw: st.DrawFn, left: Operand, world: World) -> Any:
    field = left.field
    if left.family == "choices":
        return draw(st.sampled_from(_keys(field)))
    if left.family == "datetime" and draw(st.booleans()):
        return draw(days).isoformat()
    return field.type.dump(draw(world.value(field)), field)


def _right(draw: st.DrawFn, left: Operand, operator: Operator, world: World, resolver: Paths) -> Any:
    kind = operator.input.key
    if kind == "none":
        return {}
    if kind == "period":
        unit = draw(st.sampled_from(("days", "weeks", "months")))
        return {"value": {"n": draw(st.sampled_from((1, 1, 2, 12, 9999))), "unit": unit}}
    if kind in ("values", "range"):
        size = (2, 2) if kind == "range" else (1, 3)
        return {"value": [_one(draw, left, world) for _ in range(draw(st.integers(*size)))]}
    if getattr(operator.input, "fields", False) and draw(st.integers(0, 3)) == 0:
        if left.family == "user" and draw(st.booleans()):
            return {"value": {"current_user": True}}
        other = _other(draw, left, resolver)
        if other:
            return {"value": {"field": other}}
    return {"value": _one(draw, left, world)}


def _other(draw: st.DrawFn, left: Operand, resolver: Paths) -> str | None:
    """Another field of the same family, of the record or of one it links to."""
    found = [left.path]
    for field in resolver.module.fields.values():
        if field.type.family == left.family and field.target == left.field.target:
            found.append(field.key)
        if field.type.family == "link":
            there = registry().module(field.target or "").fields.values()
            found += [
                f"{field.key}.{further.key}"
                for further in there
                if further.type.family == left.family and further.target == left.field.target
            ]
    return draw(st.sampled_from(found))


@st.composite
def conditions(draw: st.DrawFn, module: ModuleInfo, world: World) -> dict[str, Any]:
    """A condition that should compile."""
    resolver = Paths(module)
    left = resolver.operand(draw(paths(module)))
    known = [operator for operator in operators_of(left.family).values() if not operator.event]
    operator = draw(st.sampled_from(known))
    right = _right(draw, left, operator, world, resolver)
    return {"field": left.path, "operator": operator.key, **right}


@st.composite
def criteria(draw: st.DrawFn, module: ModuleInfo, world: World) -> dict[str, Any]:
    """Criteria with up to four conditions, with or without a pattern."""
    drawn = draw(st.lists(conditions(module, world), min_size=1, max_size=3))
    data: dict[str, Any] = {"conditions": drawn}
    if draw(st.booleans()):
        data["pattern"] = draw(patterns(len(drawn)))
    return data


@st.composite
def patterns(draw: st.DrawFn, count: int) -> str:
    """A pattern that names every condition."""
    parts = [str(number) for number in range(1, count + 1)]
    while True:
        parts = [draw(st.sampled_from(("{}", "{}", "not {}", "not ({})"))).format(part) for part in parts]
        if len(parts) == 1:
            return parts[0]
        joined = draw(st.sampled_from(("and", "or"))).join((f"({parts[0]}) ", f" ({parts[1]})"))
        parts = [joined, *parts[2:]]


contexts = st.builds(
    lambda seconds, zone, user: Context(NOW + timedelta(seconds=seconds), zone, user),
    st.sampled_from((0, 1800, 86_400, -86_400)) | st.integers(-(10**9), 10**9),
    st.sampled_from(ZONES),
    st.none(),
)
