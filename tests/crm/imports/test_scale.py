"""Many rows: memory stays the same, and story 1's 2,500 leads all have an owner, a task and a history."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from crm.imports.mapping import read_wishes
from crm.imports.plan import Options, plan_import
from crm.imports.reader import open_table
from crm.imports.run import ImportRun
from crm.models import Cause, History, Lead, Task
from tests.people import Company
from workflows.models import AssignmentEntry, AssignmentRule, Mode, Rule, RuleAction, RuleBlock
from workflows.publishing import publish_assignment, publish_rule

Write = Callable[..., Path]
Import = Callable[..., ImportRun]
MB = 1024 * 1024


def peak(path: Path) -> int:
    """Bytes at the highest point of reading, planning and running an import of which nothing goes in."""
    tracemalloc.start()
    wishes = read_wishes({"columns": {"company": ["last_name", "company"]}})
    run = ImportRun(plan_import("leads", [open_table(path)], wishes, Options()))
    run.run()
    assert run.tally.refused == run.tally.rows
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest


def rows(count: int, email: str, rating: str) -> str:
    return "company,employees,email,rating\n" + "".join(f"C{n},{n},{email},{rating}\n" for n in range(count))


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("few", "many", "email", "rating"),
    [(10_000, 100_000, "a@x.example", "enormous"), (3_000, 9_000, "no address", "High")],
    ids=["refused while it is read", "refused by the door"],
)
def test_memory_does_not_grow_with_the_rows(
    write: Write, few: int, many: int, email: str, rating: str
) -> None:
    short = write(rows(few, email, rating), "few.csv")
    long = write(rows(many, email, rating), "many.csv")
    peak(short)  # caches are filled once
    small, large = peak(short), peak(long)
    assert large < small + 2 * MB, f"{small / MB:.1f} MB and {large / MB:.1f} MB"


@pytest.fixture
def _story(company: Company) -> None:
    rule = Rule.objects.create(
        key="hot_lead",
        name="Hot lead",
        module_id="leads",
        trigger="created_or_edited",
        mode=Mode.BECOMES,
    )
    criteria = {"conditions": [{"field": "rating", "operator": "is", "value": "high"}]}
    block = RuleBlock.objects.create(rule=rule, criteria=criteria)
    task = {"subject": "Call {{name}}", "owner": "owner"}
    status = {"field": "status", "how": "value", "value": "contacted"}
    RuleAction.objects.create(block=block, kind="update_field", config=status, position=1)
    RuleAction.objects.create(block=block, kind="create_task", config=task, position=2)
    publish_rule(rule, actor=None)
    assignment = AssignmentRule.objects.create(key="to_ada", name="To Ada", module_id="leads")
    entry = AssignmentEntry.objects.create(rule=assignment, key="all", kind=AssignmentEntry.Kind.USER)
    entry.users.set([company.ada])
    publish_assignment(assignment, actor=None)


@pytest.mark.usefixtures("_story")
def test_2500_leads_get_owner_task_and_history(import_file: Import, company: Company) -> None:
    content = "last_name,company,email,rating\n" + "".join(
        f"Lead {n},Company {n % 300},lead{n}@x.example,{'High' if n % 5 == 0 else 'Low'}\n"
        for n in range(2500)
    )
    run = import_file("leads", content, assignment="to_ada", keys=("email",), duplicates="skip")
    assert run.tally.created == Lead.objects.filter(owner=company.ada).count() == 2500
    assert Lead.objects.filter(status="contacted").count() == 500
    assert Task.objects.filter(owner=company.ada, name__startswith="Call Lead").count() == 500
    assert History.objects.filter(module="leads", kind="create").count() == 2500
    kinds = set(Cause.objects.values_list("kind", flat=True))
    assert kinds == {"import", "rule", "assignment"}
    roots = set(Cause.objects.filter(parent__isnull=True).values_list("pk", flat=True))
    assert roots == {run.cause.id}, "every effect leads to the import"


@pytest.mark.usefixtures("_story")
def test_an_owner_in_the_row_is_kept_when_a_rule_assigns_the_others(
    import_file: Import, company: Company
) -> None:
    content = f"last_name,owner\nA,{company.ben.email}\nB,\n"
    import_file("leads", content, assignment="to_ada")
    assert dict(Lead.objects.values_list("last_name", "owner")) == {"A": company.ben.pk, "B": company.ada.pk}


@pytest.mark.usefixtures("_story")
def test_without_automation_no_rule_runs_but_the_assignment_that_was_asked_for(
    import_file: Import, company: Company
) -> None:
    import_file("leads", "last_name,rating\nA,High\n", assignment="to_ada", automation=frozenset())
    lead = Lead.objects.get()
    assert (lead.owner, lead.status) == (company.ada, "new")
    assert not Task.objects.exists()
