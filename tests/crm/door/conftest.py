"""The door by itself: no stage of a higher floor runs, but for those that a test puts there."""

from collections.abc import Iterator

import pytest

from crm.door import apply as apply_function
from crm.door import guards, rates
from crm.door.stages.base import Stage

apply_module = __import__("sys").modules[apply_function.__module__]


@pytest.fixture(autouse=True)
def stages(monkeypatch: pytest.MonkeyPatch) -> list[Stage]:
    """The stages that are repeated; empty at first."""
    chosen: list[Stage] = []
    monkeypatch.setattr(apply_module, "round_stages", lambda: tuple(chosen))
    return chosen


@pytest.fixture(autouse=True)
def own_guards() -> Iterator[list[guards.Guard]]:
    """The guards; those that a test adds go with it."""
    known = list(guards.GUARDS)
    yield guards.GUARDS
    guards.GUARDS[:] = known


@pytest.fixture(autouse=True)
def forget_rates() -> None:
    """Rates are kept by generation, and tests roll the generation back."""
    rates._rates.cache_clear()
