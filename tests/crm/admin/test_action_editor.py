"""Claims about the editor of actions: fields instead of JSON, also without JavaScript."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import ConfigurationChange, User
from tests.crm.admin.test_people_pages import formset
from tests.people import Company
from tests.workflows.sound import SOUND, shop
from workflows.admin.actions import kind_control
from workflows.forms.editor import ActionEditor, JsonForm
from workflows.kinds.base import ACTION_KINDS, ActionKind
from workflows.models import NamedAction, Rule, RuleAction, RuleBlock
from workflows.publishing import publish_rule

PREFIX = "blocks-0-actions-0"
NAME = f"{PREFIX}-config"
ADD = "admin:workflows_rule_add"


def typed(kind: str, asked: str = "", **fields: Any) -> dict[str, Any]:
    """What a browser sends of a new rule whose one action has these fields."""
    data: dict[str, Any] = {"name": "Hot lead", "module": "leads", "trigger": "created_or_edited"}
    data |= {"mode": "becomes", "position": 10, "description": ""}
    data |= formset("blocks", {"criteria": "{}", "position": 1})
    data |= formset("blocks-0-actions", {"kind": kind, "position": 1})
    data[f"{NAME}-asked"] = f"{kind} {asked}".strip()
    return data | {f"{NAME}-{key}": value for key, value in fields.items()}


def save(client: Client, kind: str, asked: str = "", **fields: Any) -> str:
    """Sends the form; the page that comes back, or nothing if it was saved."""
    response = client.post(reverse(ADD), typed(kind, asked, **fields))
    return "" if response.status_code == 302 else response.content.decode()


def stored() -> Any:
    return RuleAction.objects.get().config


def settings(client: Client, data: dict[str, Any], module: str = "leads") -> Any:
    """What the script asks for when something else is chosen."""
    return client.post(reverse("admin:action_settings") + f"?module={module}&name={NAME}", data)


def test_the_new_value_is_entered_as_the_field_is(admin_client: Client, company: Company) -> None:
    assert save(admin_client, "update_field", "status value", field="status", how="value",
                value_status="contacted") == ""  # fmt: skip
    assert stored() == {"field": "status", "how": "value", "value": "contacted"}


@pytest.mark.parametrize(
    ("field", "entered", "kept"),
    [
        ("employees", "1,200", 1200),
        ("annual_revenue", "1,200.50", "1200.50"),
        ("email_opt_out", "no", False),
        ("company", "Navy", "Navy"),
        ("tags", "b, a", ["a", "b"]),
        ("owner", "Ben Berg", "ben@example.com"),
    ],
)
def test_values_are_kept_as_documents_keep_them(
    admin_client: Client, company: Company, field: str, entered: str, kept: Any
) -> None:
    given = {f"value_{field}": entered}
    assert save(admin_client, "update_field", f"{field} value", field=field, how="value", **given) == ""
    assert stored()["value"] == kept


def test_what_is_wrong_is_said_at_its_field(admin_client: Client, company: Company) -> None:
    page = save(admin_client, "update_field", "employees value", field="employees", how="value",
                value_employees="many")  # fmt: skip
    assert 'aria-describedby="id_blocks-0-actions-0-config-value_employees_error"' in page
    assert "The settings have to be put right." in page
    page = save(admin_client, "create_task", "owner", subject="Call {{nonsense}}", owner="owner")
    assert "has no field “nonsense”" in page or "have no field “nonsense”" in page
    page = save(admin_client, "update_field", "owner value", field="owner", how="value", value_owner="Nobody")
    assert "Nothing is called “Nobody”" in page
    assert not Rule.objects.exists()


def test_somebody_who_left_is_refused(admin_client: Client, company: Company) -> None:
    User.objects.filter(pk=company.cleo.pk).update(is_active=False)
    page = save(admin_client, "assign_owner", "person", to="person", person="Cleo Cole")
    assert "has left" in page
    page = save(admin_client, "notify", recipients_people="cleo@example.com", text="Look")
    assert "cleo@example.com is not one of the available choices." in page


def test_without_a_script_other_fields_are_asked_and_nothing_is_saved(
    admin_client: Client, company: Company
) -> None:
    data = typed("update_field") | {f"{NAME}-asked": ""}
    page = admin_client.post(reverse(ADD), data).content.decode()
    assert "Fill in the settings, then save." in page
    assert f'name="{NAME}-field"' in page
    page = save(admin_client, "update_field", "", field="status")
    assert "Fill in the settings, then save." in page
    page = save(admin_client, "update_field", "status value", field="status", how="clear", show="1")
    assert "Fill in the settings, then save." in page
    assert not Rule.objects.exists()


def test_choosing_a_kind_or_field_brings_the_controls_that_fit(
    admin_client: Client, company: Company
) -> None:
    page = settings(admin_client, {kind_control(NAME): "update_field"}).content.decode()
    assert f'name="{NAME}-field"' in page
    assert "Show settings" in page
    chosen = {kind_control(NAME): "update_field", f"{NAME}-asked": "update_field", f"{NAME}-field": "status"}
    page = settings(admin_client, chosen).content.decode()
    assert 'value="update_field status value"' in page
    assert '<option value="contacted">Contacted</option>' in page
    assert "criteria-error" not in page, "nothing is judged before it could be filled in"
    page = settings(admin_client, chosen | {f"{NAME}-field": "owner"}).content.decode()
    assert 'data-lookup="/lookup/all-people/"' in page
    assert "today" not in page
    page = settings(admin_client, {kind_control(NAME): "named"}).content.decode()
    assert f'name="{NAME}-action"' in page


def test_a_line_is_added_for_each_field_of_a_new_record(admin_client: Client, company: Company) -> None:
    head = {kind_control(NAME): "create_record", f"{NAME}-asked": "create_record", f"{NAME}-owner": "owner"}
    page = settings(admin_client, head | {f"{NAME}-module": "contacts"}).content.decode()
    assert f'name="{NAME}-how_last_name"' in page, "what is required has a line"
    assert f'name="{NAME}-how_title"' not in page
    more = {f"{NAME}-module": "contacts", f"{NAME}-fields": "last_name", f"{NAME}-more": "title"}
    page = settings(admin_client, head | more | {f"{NAME}-how_last_name": "text"}).content.decode()
    assert f'name="{NAME}-how_title"' in page
    assert f'name="{NAME}-text_title"' in page
    assert save(admin_client, "create_record", "contacts owner  text text", module="contacts", owner="owner",
                fields="last_name title", how_last_name="text", text_last_name="{{last_name}}",
                how_title="text", text_title="Dr") == ""  # fmt: skip
    values = {"last_name": {"how": "text", "text": "{{last_name}}"}, "title": {"how": "text", "text": "Dr"}}
    assert stored() == {"module": "contacts", "owner": "owner", "values": values}


def test_each_kind_shows_its_stored_settings_and_keeps_them(admin_client: Client, company: Company) -> None:
    """What a form shows and sends back unchanged makes the same settings again."""
    NamedAction.objects.create(key="greet", name="Greet", module_id="leads", kind="notify",
                               config=SOUND["notify"])  # fmt: skip
    shop()
    rule = Rule.objects.create(key="all", name="All", module_id="leads")
    block = RuleBlock.objects.create(rule=rule)
    for place, (kind, config) in enumerate(SOUND.items(), 1):
        RuleAction.objects.create(block=block, kind=kind, config=config, position=place)
    page = admin_client.get(reverse("admin:workflows_rule_change", args=[rule.pk]))
    shown = page.content.decode()
    assert "Set Status to Contacted" in shown
    assert "This has to be put right." not in shown
    [blocks] = page.context["inline_admin_formsets"]
    [nested] = blocks.formset.forms[0].nested_formsets
    for form in nested.formset.forms:
        editor = ActionEditor(form.instance.kind, form.module(), form.instance.config, name=form.prefix)
        assert editor.form is not None
        data = {f"{form.prefix}-asked": editor.asked}
        for name in editor.form.fields:
            value = editor.form[name].value()
            if value not in (None, "", False):
                data[editor.form.add_prefix(name)] = value
        back = ActionEditor.posted(form.instance.kind, form.module(), as_post(data), name=form.prefix)
        assert not back.wants_another_look, form.instance.kind
        given = {key: value for key, value in (back.config or {}).items() if value is not False}
        expected = {key: value for key, value in form.instance.config.items() if value is not False}
        assert given.items() >= expected.items(), form.instance.kind


def as_post(data: dict[str, Any]) -> Any:
    """A form's data as a browser sends it."""
    from django.http import QueryDict

    posted = QueryDict(mutable=True)
    for key, value in data.items():
        posted.setlist(key, value if isinstance(value, list) else ["on" if value is True else str(value)])
    return posted


def test_a_kind_without_a_form_takes_json(
    admin_client: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bare(ActionKind):
        """Nothing but what is needed."""

        key, label = "bare", "Bare"

        def validate(self, config: Any, module: Any) -> list[str]:
            return [] if "x" in config else ["“x” is missing."]

        def describe(self, config: Any, module: Any) -> str:
            return f"Does {config['x']}"

    monkeypatch.setitem(ACTION_KINDS, "bare", Bare())
    assert ActionEditor("bare", None, {}, name="a").form.__class__ is JsonForm  # type: ignore[arg-type]
    assert "“x” is missing." in save(admin_client, "bare", settings="{}")
    assert "Settings are a JSON object in braces." in save(admin_client, "bare", settings="[1")
    assert save(admin_client, "bare", settings='{"x": 1}') == ""
    assert stored() == {"x": 1}


def test_only_who_manages_automation_gets_settings(
    company: Company, as_person: Callable[[User], Client], admin_client: Client
) -> None:
    assert settings(as_person(company.ada), {}).status_code == 403
    assert settings(admin_client, {}, module="unknown").status_code == 404
    assert admin_client.get(reverse("admin:action_settings")).status_code == 405


# Named actions


def named(client: Client, **given: Any) -> Any:
    data = {"name": "Greet", "module": "leads", "kind": "notify", "config-asked": "notify"}
    data |= {"config-recipients_record": "owner", "config-text": "Hello {{name}}"}
    return client.post(reverse("admin:workflows_namedaction_add"), data | given)


def test_a_named_action_is_written_used_and_kept_while_it_is_used(
    admin_client: Client, company: Company
) -> None:
    assert named(admin_client).status_code == 302
    action = NamedAction.objects.get()
    assert (action.key, action.config["text"]) == ("greet", "Hello {{name}}")
    entry = ConfigurationChange.objects.get(kind="named action")
    assert (entry.what, entry.actor) == ("created", company.admin)
    assert save(admin_client, "named", action="greet") == ""
    rule = Rule.objects.get()
    page = admin_client.get(reverse("admin:workflows_namedaction_change", args=[action.pk])).content.decode()
    assert reverse("admin:workflows_rule_change", args=[rule.pk]) in page
    publish_rule(rule, actor=company.admin)
    told = admin_client.get(reverse("admin:workflows_rule_change", args=[rule.pk])).content.decode()
    assert "Greet: Notify the owner: “Hello {{name}}”" in told
    delete = reverse("admin:workflows_namedaction_delete", args=[action.pk])
    refused = admin_client.post(delete, {"post": "yes"}, follow=True).content.decode()
    assert "workflow rule “Hot lead”" in refused
    assert NamedAction.objects.exists()


def test_a_named_action_without_sound_settings_is_refused(admin_client: Client, company: Company) -> None:
    page = named(admin_client, **{"config-text": "Hello {{nonsense}}"}).content.decode()
    assert "nonsense" in page
    assert not NamedAction.objects.exists()
    page = named(admin_client, kind="named", config=json.dumps({"action": "greet"})).content.decode()
    assert "Select a valid choice" in page


# Actions that come later


@pytest.mark.parametrize(
    ("asked", "fields", "kept"),
    [
        ("", {}, {}),
        ("while", {"amount": "3", "unit": "days"}, {"amount": 3, "unit": "days"}),
        (
            "date",
            {"amount": "0", "unit": "days", "direction": "before", "field": "created_at", "always": "on"},
            {"amount": 0, "unit": "days", "direction": "before", "field": "created_at", "always": True},
        ),
    ],
)
def test_an_action_comes_at_once_or_later(
    admin_client: Client, company: Company, asked: str, fields: dict[str, str], kept: dict[str, Any]
) -> None:
    data = typed("add_tags", tags="hot") | {f"{PREFIX}-later-when": asked}
    data |= {f"{PREFIX}-later-{key}": value for key, value in fields.items()}
    data[f"{PREFIX}-later-asked"] = f"later {asked}".strip()
    assert admin_client.post(reverse(ADD), data).status_code == 302
    action = RuleAction.objects.get()
    assert action.later == kept
    address = reverse("admin:workflows_rule_change", args=[action.block.rule_id])
    shown = admin_client.get(address).content.decode()
    assert ("After 3 days" in shown) is (asked == "while")
    assert ("On Created" in shown) is (asked == "date")


def test_what_is_wrong_with_the_time_of_an_action_is_said(admin_client: Client, company: Company) -> None:
    data = typed("add_tags", tags="hot") | {f"{PREFIX}-later-asked": "later while"}
    data |= {f"{PREFIX}-later-when": "while", f"{PREFIX}-later-amount": "0", f"{PREFIX}-later-unit": "days"}
    page = admin_client.post(reverse(ADD), data).content.decode()
    assert "The amount is a whole number from 1 to" in page
    assert not Rule.objects.exists()


def test_choosing_a_time_asks_for_it(admin_client: Client, company: Company) -> None:
    name = f"{PREFIX}-later"
    address = reverse("admin:action_settings") + f"?module=leads&part=later&name={name}"
    page = admin_client.post(address, {f"{name}-asked": "later", f"{name}-when": "date"}).content.decode()
    assert f'name="{name}-field"' in page
    assert 'data-action-part="later"' in page
