"""The configuration changes while a batch waits for its records."""

from collections.abc import Sequence

import pytest
from django.db.models import F

from crm.documents.generation import held_generation
from crm.door import Batch, Change, Draft, Source, Verb, apply
from crm.door.stages.base import Stage
from crm.models import Generation, History, Lead, PicklistValue, User

pytestmark = pytest.mark.django_db


class SomebodyElse(Stage):
    """Renames a picklist value's key while the first batch is being decided."""

    def __init__(self, error: type[Exception] | None = None) -> None:
        self.error, self.generations = error, list[int]()

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        self.generations.append(batch.registry.generation)
        if len(self.generations) == 1:
            PicklistValue.objects.filter(field__module__key="leads", key="junk").update(active=False)
            Generation.objects.update(number=F("number") + 1)
            if self.error is not None:
                raise self.error


def test_what_was_decided_with_the_old_configuration_is_decided_again(
    admin: User, stages: list[Stage]
) -> None:
    stages.append(other := SomebodyElse())
    change = Change(Verb.CREATE, "leads", values={"last_name": "Byron", "status": "junk"})
    with held_generation():
        [problem] = apply([change], actor=admin, source=Source.PAGE).problems
    assert problem.field == "status"
    assert not Lead.objects.exists()
    assert len(other.generations) == 1  # the second try was refused at the door


@pytest.mark.parametrize("error", [None, ValueError])
def test_the_change_goes_in_under_the_new_configuration(
    admin: User, stages: list[Stage], error: type[Exception] | None
) -> None:
    stages.append(other := SomebodyElse(error))
    change = Change(Verb.CREATE, "leads", values={"last_name": "Byron"})
    [lead] = apply([change], actor=admin, source=Source.PAGE).or_raise().ids
    old, new = other.generations
    assert History.objects.get(record_id=lead).generation == new > old


def test_an_error_that_has_nothing_to_do_with_it_is_raised(admin: User, stages: list[Stage]) -> None:
    class Broken(Stage):
        def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
            raise ZeroDivisionError

    stages.append(Broken())
    with pytest.raises(ZeroDivisionError):
        apply([Change(Verb.CREATE, "leads", values={"last_name": "B"})], actor=admin, source=Source.PAGE)
    assert not Lead.objects.exists()
