"""What the editor is shown it gives back: any valid criteria, as a form and as JSON again, are the same."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from crm.criteria import CriteriaProblems, compile_criteria
from crm.forms.criteria import CriteriaEditor
from crm.modules.loading import module
from tests.crm.criteria import strategies
from tests.crm.criteria.conftest import dummy_virtual_fields, world
from tests.crm.criteria.strategies import MODULES, ZONES, World
from tests.crm.pages.form_reading import form_of

__all__ = ["dummy_virtual_fields", "world"]

EXAMPLES = int(os.environ.get("CRITERIA_EXAMPLES", "60"))
pytestmark = pytest.mark.django_db


def sent_back(module_key: str, data: Any, *, slim: bool, events: bool = False) -> CriteriaEditor:
    """The editor of these criteria, rendered, and read from what a browser would post of it."""
    info = module(module_key)
    editor = CriteriaEditor(None, info, data, name="x-0-criteria", events=events, slim=slim)
    html = render_to_string("crm/criteria/editor.html", {"editor": editor})
    return CriteriaEditor.posted(None, info, form_of(html), name="x-0-criteria", events=events)


@pytest.mark.parametrize("slim", [True, False])
def test_whatever_is_shown_comes_back(world: list[int], dummy_virtual_fields: None, slim: bool) -> None:
    drawn_world = World(world, 6, 3)

    @given(st.data(), st.sampled_from(MODULES), st.sampled_from(ZONES))
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def check(drawn: st.DataObject, module_key: str, zone: str) -> None:
        info = module(module_key)
        data = drawn.draw(strategies.criteria(info, drawn_world))
        try:
            expected = compile_criteria(data, info).data
        except CriteriaProblems:
            reject()  # a text of which nothing is left
        assume("\\r" not in json.dumps(data))  # browsers make a new line of a lone carriage return
        with timezone.override(zone):
            back = sent_back(module_key, data, slim=slim)
        assert back.problems == []
        assert not back.wants_another_look
        assert back.data() == expected

    check()
