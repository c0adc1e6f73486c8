"""Claims that need a browser: the admin's pages work under its content policy, without a violation."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from crm.criteria import compile_criteria
from crm.models import Field, Module, Record, User
from crm.modules.loading import module
from tests.people import PASSWORD, Company
from tests.rows import make_row
from tests.workflows import rules as r
from workflows.models import AssignmentEntry, AssignmentRule, Rule, RuleAction, RuleBlock

pytestmark = pytest.mark.django_db(transaction=True)
HIGH = '{"conditions": [{"field": "rating", "operator": "is", "value": "high"}]}'


def log_in(page: Page, person: User) -> None:
    page.goto(reverse("login"))
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).not_to_have_url(reverse("login"))


def shoot(page: Page, name: str) -> None:
    """Keeps a picture where somebody asked for one."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_every_page_opens_without_a_violation(
    browser_page: Page, company: Company, device_requests: Module
) -> None:
    make_row("leads", name="Meier", last_name="Meier", owner=company.admin)
    make_row("device_requests", name="Laptop", owner=company.admin)
    rule = Rule.objects.create(key="hot_lead", name="Hot lead", module_id="leads")
    block = RuleBlock.objects.create(rule=rule)
    RuleAction.objects.create(block=block, kind="create_task", config={"subject": "Call"})
    log_in(browser_page, company.admin)
    browser_page.goto(reverse("admin:index"))
    shoot(browser_page, "index")
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        browser_page.goto(reverse(f"admin:{name}_changelist"))
        shoot(browser_page, f"{name}_list")
        one = model._default_manager.order_by("-pk").first()
        if one is not None:
            answer = browser_page.goto(reverse(f"admin:{name}_change", args=[one.pk]))
            assert answer is not None
            assert answer.status == 200, page
            shoot(browser_page, name)
        if not issubclass(model, Record):
            browser_page.goto(reverse(f"admin:{name}_add"))
            shoot(browser_page, f"{name}_add")


def test_a_module_gets_a_field_that_can_be_filled_in(browser_page: Page, company: Company) -> None:
    log_in(browser_page, company.admin)
    browser_page.goto(reverse("admin:crm_module_changelist"))
    browser_page.get_by_role("link", name="Leads", exact=True).click()
    browser_page.get_by_role("link", name="Add field").click()
    expect(browser_page.get_by_label("module", exact=False).first).to_have_value(
        str(Module.objects.get(key="leads").pk)
    )
    browser_page.locator("#id_label").fill("Shoe size")
    browser_page.locator("#id_type").select_option("decimal")
    browser_page.get_by_role("button", name="Save", exact=True).click()
    expect(browser_page.get_by_text("was added successfully")).to_be_visible()
    assert module("leads").field("shoe_size").type.key == "decimal"
    field = Field.objects.get(key="shoe_size")
    browser_page.goto(reverse("admin:crm_field_change", args=[field.pk]))
    browser_page.get_by_role("link", name="Delete field…").click()
    browser_page.get_by_role("button", name="Switch off Shoe size").click()
    expect(browser_page.get_by_text("This field is required")).to_be_visible()
    browser_page.get_by_label("I have read what happens").check()
    shoot(browser_page, "field_delete")
    browser_page.get_by_role("button", name="Switch off Shoe size").click()
    expect(browser_page.get_by_text("is switched off. Its values are kept.")).to_be_visible()


def test_a_rule_is_written_with_a_mouse_and_published(browser_page: Page, company: Company) -> None:
    log_in(browser_page, company.admin)
    browser_page.goto(reverse("admin:workflows_rule_add"))
    browser_page.locator("#id_name").fill("Hot lead")
    browser_page.get_by_role("link", name="Add another Block").click()
    expect(browser_page.get_by_text("Choose the module first").first).to_be_visible()
    browser_page.locator("#id_module").select_option("leads")
    add_condition(browser_page, 0, "rating")
    browser_page.get_by_role("link", name="Add another Action").first.click()
    browser_page.locator("#id_blocks-0-actions-0-kind").select_option("update_field")
    choose(browser_page, "Field", "Status")
    choose(browser_page, "Value", "Contacted", last=True)
    browser_page.get_by_role("button", name="Save", exact=True).click()
    expect(browser_page.get_by_text("Rating: Enter a value.")).to_be_visible()
    shoot(browser_page, "rule_error")
    editor(browser_page, 0).get_by_label("Value", exact=True).select_option("High")
    expect(browser_page.get_by_text("If Rating is High.")).to_be_visible()
    expect(browser_page.get_by_text("0 records match now")).to_be_visible()
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(browser_page.get_by_text("was added successfully")).to_be_visible()
    expect(browser_page.get_by_text("If Rating is High.")).to_be_visible()
    shoot(browser_page, "rule_saved")
    browser_page.get_by_role("link", name="Publish…").click()
    shoot(browser_page, "rule_publish")
    browser_page.get_by_role("button", name="Publish Hot lead").click()
    expect(browser_page.get_by_text("Version 1 is live.")).to_be_visible()
    shoot(browser_page, "rule_live")


def test_two_actions_are_put_together_published_and_act(browser_page: Page, company: Company) -> None:
    lead = r.create(company.ada, owner=company.ada.pk, company="Navy").or_raise().ids[0]
    log_in(browser_page, company.admin)
    browser_page.goto(reverse("admin:workflows_rule_add"))
    browser_page.locator("#id_name").fill("Hot lead")
    browser_page.get_by_role("link", name="Add another Block").click()
    browser_page.locator("#id_module").select_option("leads")
    add_condition(browser_page, 0, "rating")
    editor(browser_page, 0).get_by_label("Value", exact=True).select_option("High")
    add_action(browser_page, 0, "Assign owner")
    person = action(browser_page, 0).get_by_role("combobox", name="Person")
    person.press_sequentially("Ben")
    browser_page.get_by_role("option", name="Ben Berg").click()
    expect(person).to_have_value("Ben Berg")
    add_action(browser_page, 1, "Create task")
    action(browser_page, 1).get_by_label("Subject").fill("Call {{nonsense}}")
    action(browser_page, 1).get_by_label("Due in days").fill("2")
    when = browser_page.locator("[data-action-part='later']:visible").nth(1)
    when.get_by_label("Comes").select_option("by a date of the record")
    expect(when.get_by_label("Time of day")).to_be_visible()
    when.get_by_label("Comes").select_option("at once")
    expect(when.get_by_label("Time of day")).to_have_count(0)
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(action(browser_page, 1).get_by_text("has no field “nonsense”")).to_be_visible()
    shoot(browser_page, "actions_error")
    assert [found["id"] for found in action_findings(browser_page)] == []
    action(browser_page, 1).get_by_label("Subject").fill("Call {{company}}")
    browser_page.get_by_role("button", name="Move up").locator("visible=true").last.click()
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(browser_page.get_by_text("was added successfully")).to_be_visible()
    expect(action(browser_page, 0).get_by_text("Create the task “Call {{company}}”")).to_be_visible()
    expect(action(browser_page, 1).get_by_text("Assign the record to ben@example.com")).to_be_visible()
    shoot(browser_page, "actions_saved")
    browser_page.get_by_role("link", name="Publish…").click()
    browser_page.get_by_role("button", name="Publish Hot lead").click()
    expect(browser_page.get_by_text("Version 1 is live.")).to_be_visible()
    assert r.edit(company.ada, lead, rating="high").or_raise().notices == []
    assert r.stored(lead).owner_id == company.ben.pk
    assert [task.name for task in r.tasks()] == ["Call Navy"]


def test_a_removed_action_leaves_the_others_as_they_were_typed(browser_page: Page, company: Company) -> None:
    log_in(browser_page, company.admin)
    browser_page.goto(reverse("admin:workflows_rule_add"))
    browser_page.locator("#id_name").fill("Tags")
    browser_page.locator("#id_module").select_option("leads")
    browser_page.get_by_role("link", name="Add another Block").click()
    for number, tag in enumerate(["one", "two", "three"]):
        add_action(browser_page, number, "Add tags")
        action(browser_page, number).get_by_label("Tags").fill(tag)
    browser_page.get_by_role("button", name="Move up").locator("visible=true").last.click()
    browser_page.locator(".form-nested .delete-template:visible").first.click()
    expect(browser_page.locator("[data-action-part='']:visible")).to_have_count(2)
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(browser_page.get_by_text("was added successfully")).to_be_visible()
    told = [one.config["tags"] for one in RuleAction.objects.order_by("position")]
    assert told == [["three"], ["two"]]


def action(page: Page, number: int) -> Locator:
    """One of the editors of actions on the page."""
    return page.locator("[data-action-part='']:visible").nth(number)


def add_action(page: Page, number: int, kind: str) -> None:
    """Adds an action to the first block, and chooses its kind."""
    page.get_by_role("link", name="Add another Action").locator("visible=true").first.click()
    expect(page.locator("[data-action-part='']:visible")).to_have_count(number + 1)
    page.locator("select[name$='-kind']:visible").nth(number).select_option(label=kind)
    expect(action(page, number).locator(".action-field").first).to_be_visible()


def choose(page: Page, label: str, option: str, *, last: bool = False) -> None:
    """Chooses something in the first action."""
    found = action(page, 0).get_by_label(label, exact=False)
    (found.last if last else found.first).select_option(option)


def action_findings(page: Page) -> list[Any]:
    """What axe says about the editors of actions."""
    found: list[Any] = Axe().run(page, context=".action-editor").response["violations"]
    return found


def editor(page: Page, number: int) -> Locator:
    """One of the criteria editors on the page."""
    return page.locator("[data-criteria]:visible").nth(number)


def add_condition(page: Page, number: int, field: str) -> None:
    """Adds a condition in one of the editors, and chooses its field."""
    editor(page, number).get_by_role("button", name="Add condition").click()
    search = editor(page, number).get_by_role("combobox", name="Field").last
    expect(search).to_be_focused()
    search.press_sequentially(field)
    found = page.get_by_role("listbox", name="Field").get_by_role("option", selected=True)
    expect(found).to_have_attribute("aria-label", re.compile(field, re.IGNORECASE))
    search.press("Enter")
    searches = editor(page, number).get_by_role("combobox", name="Field").count()
    expect(editor(page, number).get_by_label("Operator")).to_have_count(searches)


def test_several_blocks_keep_what_was_chosen_when_one_is_removed(
    browser_page: Page, company: Company
) -> None:
    log_in(browser_page, company.admin)
    browser_page.goto(reverse("admin:workflows_rule_add"))
    browser_page.locator("#id_name").fill("Hot lead")
    browser_page.locator("#id_module").select_option("leads")
    for number, field in enumerate(["rating", "company", "city"]):
        browser_page.get_by_role("link", name="Add another Block").click()
        add_condition(browser_page, number, field)
    editor(browser_page, 1).get_by_label("Operator").select_option("is not empty")
    editor(browser_page, 2).get_by_label("Operator").select_option("changed to")
    editor(browser_page, 2).get_by_label("Value", exact=True).fill("Ulm")
    expect(browser_page.get_by_text("If City changed to “Ulm”.")).to_be_visible()
    expect(browser_page.get_by_text("what changed is only known when a record is saved")).to_be_visible()
    browser_page.locator(".delete-template:visible").first.click()
    expect(browser_page.locator("[data-criteria]:visible")).to_have_count(2)
    expect(editor(browser_page, 1).get_by_label("Value", exact=True)).to_have_value("Ulm")
    expect(editor(browser_page, 0).get_by_role("combobox", name="Field")).to_have_value("Company")
    add_condition(browser_page, 0, "e-mail")
    editor(browser_page, 0).get_by_label("Operator").last.select_option("is empty")
    expect(browser_page.get_by_text("If Company is not empty and E-mail is empty.")).to_be_visible()
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(browser_page.get_by_text("was added successfully")).to_be_visible()
    told = [
        compile_criteria(block.criteria, module("leads"), events=True).words()
        for block in RuleBlock.objects.all()
    ]
    assert told == ["Company is not empty and E-mail is empty", "City changed to “Ulm”"]


def test_the_entries_of_an_assignment_rule_have_conditions(browser_page: Page, company: Company) -> None:
    log_in(browser_page, company.admin)
    rule = AssignmentRule.objects.create(key="new_leads", name="New leads", module_id="leads")
    entry = AssignmentEntry.objects.create(
        rule=rule, key="one", criteria=json.loads(HIGH), kind="user", position=1
    )
    entry.users.set([company.ada])
    browser_page.goto(reverse("admin:workflows_assignmentrule_change", args=[rule.pk]))
    shoot(browser_page, "assignment")
    editor(browser_page, 0).get_by_label("Value", exact=True).select_option("Low")
    expect(browser_page.get_by_text("If Rating is Low.")).to_be_visible()
    assert "changed" not in editor(browser_page, 0).get_by_label("Operator").inner_text()
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(browser_page.get_by_text("was changed successfully")).to_be_visible()
    entry.refresh_from_db()
    assert entry.criteria["conditions"][0]["value"] == "low"
    assert [v["id"] for v in editor_findings(browser_page)] == []


def editor_findings(page: Page) -> list[Any]:
    """What axe says about the editor."""
    found: list[Any] = Axe().run(page, context="[data-criteria]").response["violations"]
    return found


def test_the_wrong_person_sees_that_the_admin_is_closed(browser_page: Page, company: Company) -> None:
    log_in(browser_page, company.ada)
    answer = browser_page.goto(reverse("admin:index"))
    assert answer is not None
    assert answer.status == 403
