"""Claims about fields, verbs and features."""

from collections.abc import Iterable, Iterator, Mapping

import pytest

from crm.documents.generation import configuration_changed
from crm.models import Field, FieldRight, Profile, User
from crm.modules.registry import ModuleInfo
from crm.people.features import FEATURES, Feature, UnknownFeature, register_feature
from crm.people.remembered import forget_everything
from crm.visibility import Access, FieldAnswer, can, fields_of, fields_of_records, has_feature, readable
from crm.visibility.access import FIELD_ANSWERS
from tests.people import Company, grant, new_person
from tests.rows import leads


def restrict(profile: Profile, key: str, access: str) -> None:
    field = Field.objects.get(module__key="leads", key=key)
    FieldRight.objects.update_or_create(profile=profile, field=field, defaults={"access": access})


def test_a_field_is_edited_read_or_hidden_as_the_profile_says(company: Company) -> None:
    restrict(company.staff, "email", "hidden")
    restrict(company.staff, "phone", "read")
    forget_everything()
    fields = fields_of(company.ada, leads())
    assert [fields[key] for key in ("email", "phone", "company")] == [Access.HIDDEN, Access.READ, Access.EDIT]
    assert "email" not in readable(company.ada, leads())


def test_what_the_system_keeps_is_at_most_read_even_by_a_superuser(company: Company) -> None:
    assert fields_of(company.admin, leads())["created_at"] == Access.READ
    assert fields_of(company.admin, leads())["email"] == Access.EDIT
    assert fields_of(company.ada, leads())["created_at"] == Access.READ


def test_without_a_profile_or_the_right_to_view_every_field_is_hidden(company: Company) -> None:
    assert set(fields_of(new_person("Nora"), leads()).values()) == {Access.HIDDEN}
    grant(company.staff, "leads", "create")
    assert set(fields_of(company.ada, leads()).values()) == {Access.HIDDEN}


def test_who_may_only_view_edits_no_field(company: Company) -> None:
    grant(company.staff, "leads", "view")
    assert set(fields_of(company.ada, leads()).values()) == {Access.READ}


def test_a_right_is_withdrawn_the_moment_it_is_withdrawn(company: Company) -> None:
    assert fields_of(company.ada, leads())["email"] == Access.EDIT
    restrict(company.staff, "email", "hidden")
    configuration_changed(actor=None, kind="profile", key="staff", what="edit")
    assert fields_of(company.ada, leads())["email"] == Access.HIDDEN


def test_answers_are_remembered_until_the_configuration_changes(company: Company) -> None:
    assert fields_of(company.ada, leads()) is fields_of(company.ben, leads())


def test_a_verb_needs_its_right_and_the_right_to_view(company: Company) -> None:
    assert can(company.ada, "export", leads())
    grant(company.staff, "leads", "view", "create")
    assert [can(company.ada, verb, "leads") for verb in ("create", "edit", "export")] == [True, False, False]
    grant(company.staff, "leads", "edit")
    assert not can(company.ada, "edit", leads())


def test_features_follow_the_profile_and_unknown_ones_are_errors(company: Company) -> None:
    assert has_feature(company.ada, "approve")
    assert not has_feature(company.ada, "manage_people")
    assert has_feature(company.admin, "manage_people")
    for person in (company.ada, company.admin, new_person("Nora")):
        with pytest.raises(UnknownFeature):
            has_feature(person, "fly")


def test_a_feature_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.people.features.FEATURES", dict(FEATURES))
    register_feature(Feature("fly", "Fly"))
    register_feature(Feature("fly", "Fly"))
    with pytest.raises(ValueError, match="twice"):
        register_feature(Feature("fly", "Fly higher"))


class AskedAbout(FieldAnswer):
    """Opens the e-mail address of one record."""

    def __init__(self, record_id: int) -> None:
        self.record_id = record_id

    def fields(
        self, user: User, module: ModuleInfo, ids: Iterable[int]
    ) -> Mapping[int, Mapping[str, Access]]:
        return (
            {self.record_id: {"email": Access.READ, "phone": Access.HIDDEN}} if self.record_id in ids else {}
        )


@pytest.fixture
def asked_about_7() -> Iterator[None]:
    FIELD_ANSWERS.append(AskedAbout(7))
    yield
    FIELD_ANSWERS.pop()


def test_being_asked_opens_fields_of_that_record_and_closes_none(
    company: Company, asked_about_7: None
) -> None:
    restrict(company.staff, "email", "hidden")
    forget_everything()
    found = fields_of_records(company.ada, leads(), [7, 8])
    assert [found[pk]["email"] for pk in (7, 8)] == [Access.READ, Access.HIDDEN]
    assert found[7]["phone"] == Access.EDIT
    assert found[8] is fields_of(company.ada, leads())
