"""Claims about the pages of rules, assignment rules and action runs."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.documents.publishing import live_version
from crm.models import Cause, Module
from crm.modules.field_editing import delete_field
from crm.modules.problems import InUse
from tests.crm.admin.test_people_pages import formset
from tests.modules import field_of
from tests.people import Company
from workflows.models import ActionRun, AssignmentRule, Rule, RunState

HIGH = {"conditions": [{"field": "rating", "operator": "is", "value": "high"}]}
CONTACTED = {"field": "status", "how": "value", "value": "contacted"}


def rule_data(
    criteria: Any = HIGH, config: Any = CONTACTED, kind: str = "update_field", module: str = "leads"
) -> dict[str, Any]:
    """What a browser sends of a rule with one block with one action."""
    block = {"criteria": criteria if isinstance(criteria, str) else json.dumps(criteria), "position": 1}
    action = {"kind": kind, "config": json.dumps(config), "position": 1}
    data: dict[str, Any] = {"name": "Hot lead", "module": module, "trigger": "created_or_edited"}
    data |= {"mode": "becomes", "position": 10, "description": ""}
    return data | formset("blocks", block) | formset("blocks-0-actions", action)


def save_rule(client: Client, **given: Any) -> Any:
    return client.post(reverse("admin:workflows_rule_add"), rule_data(**given))


def test_a_rule_is_drafted_published_and_switched_off(admin_client: Client, company: Company) -> None:
    assert save_rule(admin_client).status_code == 302
    rule = Rule.objects.get()
    assert rule.key == "hot_lead"
    assert rule.blocks.get().actions.get().config == CONTACTED
    page = reverse("admin:workflows_rule_change", args=[rule.pk])
    shown = admin_client.get(page).content.decode()
    assert "If Rating is High." in shown
    assert "Set Status to Contacted" in shown
    assert "Nothing is live yet." in shown
    publish = reverse("admin:workflows_rule_publish", args=[rule.pk])
    assert "If Rating is High" in admin_client.get(publish).content.decode()
    assert live_version("rule", "hot_lead") is None
    assert admin_client.post(publish, {"note": "First"}).status_code == 302
    version = live_version("rule", "hot_lead")
    assert version is not None
    assert (version.number, version.note, version.published_by) == (1, "First", company.admin)
    assert "The draft says the same." in admin_client.get(page).content.decode()
    refused = admin_client.post(
        reverse("admin:workflows_rule_delete", args=[rule.pk]), {"post": "yes"}, follow=True
    )
    assert "switch it off first" in refused.content.decode()
    assert admin_client.post(reverse("admin:workflows_rule_switch_off", args=[rule.pk])).status_code == 302
    assert live_version("rule", "hot_lead") is None


def test_mistakes_in_criteria_and_settings_are_named_beside_them(
    admin_client: Client, company: Company
) -> None:
    response = save_rule(admin_client, criteria={"conditions": [{"field": "nonsense", "operator": "is"}]})
    assert "has no field “nonsense”" in response.content.decode()
    response = save_rule(admin_client, criteria="{not json")
    assert "The criteria can’t be read" in response.content.decode()
    response = save_rule(admin_client, config={"field": "status", "how": "value", "value": "gone"})
    assert "is not one of the values" in response.content.decode()
    assert not Rule.objects.exists()


def plain(*rows: dict[str, str], **more: str) -> dict[str, str]:
    """The editor of the first block as a plain form, with these rows."""
    data = {
        "blocks-0-criteria-rows": str(len(rows)),
        **{f"blocks-0-criteria-{k}": v for k, v in more.items()},
    }
    for place, row in enumerate(rows):
        data |= {f"blocks-0-criteria-{place}-{key}": value for key, value in row.items()}
    return data


def save_plain(client: Client, *rows: dict[str, str], **more: str) -> Any:
    given = rule_data()
    del given["blocks-0-criteria"]
    return client.post(reverse("admin:workflows_rule_add"), given | plain(*rows, **more))


def test_conditions_are_entered_as_a_plain_form(admin_client: Client, company: Company) -> None:
    high = {"field": "rating", "operator": "changed_to", "asked": "changed_to value rating", "value": "high"}
    city = {"field": "city", "operator": "is", "asked": "is value city", "value": "Ulm"}
    refused = save_plain(admin_client, high, {**city, "value": ""})
    assert "City: Enter a value." in refused.content.decode()
    looked = save_plain(admin_client, high, city, add="1")
    assert "Fill in the conditions, then save." in looked.content.decode()
    fresh = save_plain(admin_client, high, {"field": "city", "asked": ""})
    assert "Fill in the conditions, then save." in fresh.content.decode()
    assert not Rule.objects.exists()
    assert save_plain(admin_client, high, city, match="any").status_code == 302
    assert Rule.objects.get().blocks.get().criteria == {
        "conditions": [
            {"field": "rating", "operator": "changed_to", "value": "high"},
            {"field": "city", "operator": "is", "value": "Ulm"},
        ],
        "pattern": "1 or 2",
    }


def test_a_rule_without_criteria_is_kept_with_its_actions(admin_client: Client, company: Company) -> None:
    assert save_rule(admin_client, criteria="{}").status_code == 302
    assert Rule.objects.get().blocks.get().actions.count() == 1


def test_a_draft_is_changed_and_what_is_live_stays(admin_client: Client, company: Company) -> None:
    save_rule(admin_client)
    rule = Rule.objects.get()
    admin_client.post(reverse("admin:workflows_rule_publish", args=[rule.pk]), {"note": ""})
    block = rule.blocks.get()
    action = block.actions.get()
    data = rule_data() | {"name": "Very hot lead"}
    data |= formset("blocks", {"id": block.pk, "rule": rule.pk, "criteria": "{}", "position": 1}, stored=1)
    stored = {"id": action.pk, "block": block.pk, "kind": "update_field", "config": json.dumps(CONTACTED)}
    other = {"kind": "create_task", "config": json.dumps({"subject": "Call"}), "position": 2}
    data |= formset("blocks-0-actions", {**stored, "position": 1}, other, stored=1)
    response = admin_client.post(reverse("admin:workflows_rule_change", args=[rule.pk]), data)
    assert response.status_code == 302
    rule.refresh_from_db()
    assert rule.name == "Very hot lead"
    assert [one.kind for one in rule.blocks.get().actions.all()] == ["update_field", "create_task"]
    version = live_version("rule", rule.key)
    assert version is not None
    assert "create_task" not in version.text
    page = admin_client.get(reverse("admin:workflows_rule_change", args=[rule.pk])).content.decode()
    assert "The draft is different" in page


def test_what_cannot_be_published_says_why(admin_client: Client, company: Company) -> None:
    rule = Rule.objects.create(key="empty", name="Empty", module_id="leads")
    address = reverse("admin:workflows_rule_publish", args=[rule.pk])
    assert "no block with actions" in admin_client.get(address).content.decode()
    response = admin_client.post(address, {"note": ""})
    assert response.status_code == 422
    assert "no block with actions" in response.content.decode()


def test_a_live_rule_keeps_the_field_that_it_needs(
    admin_client: Client, company: Company, device_requests: Module
) -> None:
    criteria = {"conditions": [{"field": "pieces", "operator": "greater", "value": 5}]}
    config = {"field": "extras", "how": "value", "value": ["bag"]}
    response = save_rule(admin_client, criteria=criteria, config=config, module="device_requests")
    assert response.status_code == 302, response.context["errors"]
    rule = Rule.objects.get()
    admin_client.post(reverse("admin:workflows_rule_publish", args=[rule.pk]), {"note": ""})
    for key in ("pieces", "extras"):
        with pytest.raises(InUse, match="Workflow rule: “Hot lead”") as refused:
            delete_field(field=field_of(device_requests, key), confirmed=True, actor=company.admin)
        assert refused.value.blocked
    delete_field(field=field_of(device_requests, "weight"), confirmed=True, actor=company.admin)


def test_an_assignment_rule_is_drafted_and_published(admin_client: Client, company: Company) -> None:
    entry = {"criteria": json.dumps(HIGH), "kind": "round_robin", "position": 1}
    entry |= {"users": [company.ada.pk, company.ben.pk]}
    data: dict[str, Any] = {"name": "New leads", "module": "leads", "on_create": "on"}
    response = admin_client.post(
        reverse("admin:workflows_assignmentrule_add"), data | formset("entries", entry)
    )
    assert response.status_code == 302
    rule = AssignmentRule.objects.get()
    publish = reverse("admin:workflows_assignmentrule_publish", args=[rule.pk])
    assert admin_client.post(publish, {"note": ""}).status_code == 302
    version = live_version("assignment", "new_leads")
    assert version is not None
    assert "ada@example.com" in version.text
    page = admin_client.get(reverse("admin:workflows_assignmentrule_change", args=[rule.pk]))
    assert "in turn to ada@example.com, ben@example.com" in page.content.decode()


def run(state: str, key: str) -> ActionRun:
    cause = Cause.objects.create(kind="page", at=timezone.now(), label="Ada")
    return ActionRun.objects.create(
        kind="send_email",
        cause=cause,
        key=key,
        due_at=timezone.now(),
        created_at=timezone.now(),
        state=state,
        answer={"error": "no route to host"} if state == RunState.FAILED else {},
    )


def test_runs_are_tried_again_or_called_off_as_their_state_allows(
    admin_client: Client, company: Company
) -> None:
    failed, waiting = run(RunState.FAILED, "a"), run(RunState.WAITING, "b")
    done = run(RunState.DONE, "c")
    page = admin_client.get(reverse("admin:workflows_actionrun_changelist") + "?state__exact=failed")
    assert "no route to host" in page.content.decode()
    assert admin_client.post(reverse("admin:workflows_actionrun_retry", args=[failed.pk])).status_code == 302
    assert (
        admin_client.post(reverse("admin:workflows_actionrun_cancel", args=[waiting.pk])).status_code == 302
    )
    chosen = {"action": "cancel_chosen", "_selected_action": [done.pk], "index": "0"}
    admin_client.post(reverse("admin:workflows_actionrun_changelist"), chosen)
    states = dict(ActionRun.objects.values_list("key", "state"))
    assert states == {"a": RunState.WAITING, "b": RunState.CANCELLED, "c": RunState.DONE}
    assert "Dana Admin" in ActionRun.objects.get(key="b").answer["reason"]


def test_the_settings_of_a_trigger_are_asked_for_and_checked(admin_client: Client, company: Company) -> None:
    save_rule(admin_client)
    rule = Rule.objects.get()
    page = reverse("admin:workflows_rule_change", args=[rule.pk])

    def save(**given: str) -> Any:
        block = rule.blocks.get()
        data = rule_data() | {"blocks-0-id": block.pk, "blocks-INITIAL_FORMS": "1"}
        data |= {"blocks-0-actions-0-id": block.actions.get().pk, "blocks-0-actions-INITIAL_FORMS": "1"}
        return admin_client.post(page, data | given)

    wrong = save(trigger="field_changed", trigger_field="status", trigger_values="Nonsense")
    assert "“Nonsense” is not one of the values" in wrong.content.decode()
    right = save(trigger="field_changed", trigger_field="status", trigger_values="Qualified; new")
    assert right.status_code == 302
    rule.refresh_from_db()
    assert rule.trigger_config == {"field": "status", "values": ["qualified", "new"]}
    shown = admin_client.get(page).content.decode()
    assert 'value="qualified; new"' in shown
    assert save(trigger="created", trigger_field="status").status_code == 302
    rule.refresh_from_db()
    assert (rule.trigger, rule.trigger_config) == ("created", {})
