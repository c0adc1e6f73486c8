"""Two people at one record: nothing of either is lost, and each sees what the other did."""

from crm.door import Verb
from crm.models import User
from tests.crm.door.making import codes, do, edit, make, stored, value


def test_fields_that_others_did_not_touch_go_in(ada: User, ben: User) -> None:
    pk = make("leads", ada, company="a", title="x")
    assert edit("leads", pk, ben, version=1, company="b").ok
    assert edit("leads", pk, ada, version=1, title="y").ok
    assert (value("leads", pk, "company"), value("leads", pk, "title")) == ("b", "y")


def test_a_field_that_both_changed_is_refused_with_what_the_other_made_of_it(ada: User, ben: User) -> None:
    pk = make("leads", ada, company="a")
    edit("leads", pk, ben, version=1, company="b").or_raise()
    outcome = edit("leads", pk, ada, version=1, company="c")
    assert codes(outcome) == [("company", "stale")]
    assert outcome.problems[0].detail == {"current": "b", "who": "Ben Berg", "version": 2}
    assert "Ben Berg" in outcome.problems[0].message
    assert value("leads", pk, "company") == "b"
    assert edit("leads", pk, ada, version=2, company="c").ok


def test_a_form_that_sends_every_field_takes_nothing_back(ada: User, ben: User) -> None:
    pk = make("leads", ada, company="a", title="x")
    edit("leads", pk, ben, version=1, company="b").or_raise()
    edit("leads", pk, ben, version=2, company="bb").or_raise()
    assert edit("leads", pk, ada, version=1, company="a", title="y").ok
    assert (value("leads", pk, "company"), value("leads", pk, "title")) == ("bb", "y")


def test_the_same_change_by_both_is_no_conflict(ada: User, ben: User) -> None:
    pk = make("leads", ada, company="a")
    edit("leads", pk, ben, version=1, company="b").or_raise()
    assert edit("leads", pk, ada, version=1, company="b").ok
    assert stored("leads", pk).version == 2


def test_without_a_version_the_last_one_wins(ada: User, ben: User) -> None:
    pk = make("leads", ada, company="a")
    edit("leads", pk, ben, company="b").or_raise()
    assert edit("leads", pk, ada, company="c").ok


def test_an_edit_of_a_record_that_another_has_deleted_is_told(ada: User, ben: User) -> None:
    pk = make("leads", ada, company="a")
    do(Verb.BIN, "leads", pk, actor=ben).or_raise()
    assert codes(edit("leads", pk, ada, version=1, company="b")) == [(None, "not_found")]
