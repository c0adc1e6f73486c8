"""The world of the criteria's tests."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crm.criteria import Context, register_virtual_field
from crm.criteria.virtual import forget_virtual_field
from crm.modules.loading import clear_registry
from tests.crm.criteria.virtual import SCORE, WORD
from tests.crm.criteria.world import build_world


@pytest.fixture
def world(db: None) -> Iterator[list[int]]:
    """Modules with every type of field; the value is the people's ids."""
    yield build_world()
    clear_registry()


@pytest.fixture
def context(world: list[int]) -> Context:
    """Wednesday noon in Berlin, Ada at work."""
    return Context(datetime(2024, 5, 15, 10, 0, tzinfo=UTC), "Europe/Berlin", world[0])


@pytest.fixture
def dummy_virtual_fields() -> Iterator[None]:
    """What a higher floor might register: a score, worked out, and a word read from another table."""
    for virtual in (SCORE, WORD):
        register_virtual_field(virtual)
    yield
    for virtual in (SCORE, WORD):
        forget_virtual_field(virtual.key)
