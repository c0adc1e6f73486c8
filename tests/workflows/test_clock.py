"""What the clock does beside queued actions."""

import pytest

from crm.models import Field, IndexState
from crm.visibility.indexes import existing_indexes
from workflows.tasks import process_due

pytestmark = pytest.mark.django_db


def test_the_clock_builds_an_index_that_was_asked_for_and_then_rests() -> None:
    field = Field.objects.get(module__key="leads", key="city")
    assert process_due()["indexes"] == {}
    field.sorted = True
    field.ask_for_index()
    field.save()
    assert process_due()["indexes"][IndexState.READY] > 0
    assert Field.objects.get(pk=field.pk).index_state == IndexState.READY
    assert any("_leads_city_" in name for name in existing_indexes())
    assert process_due()["indexes"] == {}
