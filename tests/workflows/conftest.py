"""What the tests of workflow automation share."""

import pytest

from crm.models import User
from tests.workflows import rules as r


@pytest.fixture
def lead(ada: User) -> int:
    """The id of one of Ada's leads."""
    return r.create(ada, first_name="Grace", last_name="Hopper", owner=ada.pk).or_raise().ids[0]
