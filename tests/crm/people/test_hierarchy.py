"""Claims about superiors: one answer, without rings."""

from hypothesis import given
from hypothesis import strategies as st

from crm.people.hierarchy import Hierarchy, Person, Place, hierarchy, people_below, superior_of, superiors
from crm.people.remembered import forget_everything
from tests.people import Company, new_person

BOSS, HEAD, REP, PEER, OTHER = 1, 2, 3, 4, 5
TOP, SALES, REPS, SERVICE = 1, 2, 3, 4
PEOPLE = {
    BOSS: Person(TOP),
    HEAD: Person(SALES),
    REP: Person(REPS),
    PEER: Person(REPS),
    OTHER: Person(SERVICE),
}
ROLES = {TOP: Place(None, BOSS), SALES: Place(TOP, HEAD), REPS: Place(SALES), SERVICE: Place(TOP)}
FIRM = Hierarchy(PEOPLE, ROLES)


def test_the_superior_is_the_head_of_the_nearest_filled_role() -> None:
    assert [FIRM.superior(person) for person in PEOPLE] == [None, BOSS, HEAD, HEAD, BOSS]
    assert FIRM.chain(REP) == [HEAD, BOSS]


def test_the_head_of_one_s_own_role_is_the_superior_unless_it_is_oneself() -> None:
    firm = FIRM.with_role(REPS, Place(SALES, PEER))
    assert firm.superior(REP) == PEER
    assert firm.superior(PEER) == HEAD


def test_an_override_comes_first_and_the_tree_still_sees_below() -> None:
    firm = FIRM.with_person(REP, Person(REPS, override=OTHER))
    assert firm.chain(REP) == [OTHER, BOSS]
    assert firm.below(OTHER) == {REP}
    assert REP in firm.below(HEAD)


def test_everybody_below_an_override_is_below_too() -> None:
    firm = FIRM.with_person(HEAD, Person(SALES, override=OTHER))
    assert firm.below(OTHER) == {HEAD, REP, PEER}


def test_peers_do_not_see_each_other_and_nobody_sees_upwards() -> None:
    assert [FIRM.below(person) for person in (REP, PEER, OTHER)] == [set(), set(), set()]
    assert FIRM.below(HEAD) == {REP, PEER}
    assert FIRM.below(BOSS) == {HEAD, REP, PEER, OTHER}


def test_who_has_left_is_nobody_s_superior_but_still_seen_by_one() -> None:
    firm = FIRM.with_person(HEAD, Person(SALES, active=False))
    assert firm.superior(REP) == BOSS
    assert HEAD in firm.below(BOSS)
    again = FIRM.with_person(OTHER, Person(SERVICE, active=False)).with_person(
        REP, Person(REPS, override=OTHER)
    )
    assert again.superior(REP) == HEAD


def test_rings_are_found_over_overrides_and_over_heads() -> None:
    assert FIRM.ring() == []
    assert set(FIRM.with_person(BOSS, Person(TOP, override=REP)).ring()) == {BOSS, HEAD, REP}
    assert FIRM.with_person(REP, Person(REPS, override=REP)).superior(REP) == HEAD
    crossed = FIRM.with_role(SALES, Place(TOP, REP)).with_role(REPS, Place(SALES, HEAD))
    assert set(crossed.ring()) == {HEAD, REP}


def test_a_role_above_itself_is_found() -> None:
    assert not FIRM.role_ring(REPS)
    assert FIRM.with_role(TOP, Place(REPS, BOSS)).role_ring(REPS)


ids = st.integers(1, 8)
maybe = st.none() | ids
organisations = st.builds(
    Hierarchy,
    st.dictionaries(ids, st.builds(Person, maybe, maybe, st.booleans())),
    st.dictionaries(ids, st.builds(Place, maybe, maybe)),
)


@given(organisations)
def test_any_organisation_has_an_answer_and_above_mirrors_below(firm: Hierarchy) -> None:
    for person in firm.people:
        chain = firm.chain(person)
        assert len(chain) == len(set(chain))
        assert person not in chain
        assert set(chain) <= firm.above(person)
        assert all(person in firm.below(above) for above in firm.above(person))
        assert all(person in firm.above(below) for below in firm.below(person))
    ring = firm.ring()
    assert all(firm.superior(one) == other for one, other in zip(ring, [*ring[1:], *ring[:1]], strict=True))


def test_the_organisation_in_the_database_answers_the_same(company: Company) -> None:
    assert superior_of(company.ada) == company.ben
    assert superior_of(company.ben) is None
    assert people_below(company.ben) == {company.ada.pk}
    boss = new_person("Bo", company.staff, company.head_office)
    company.head_office.head = boss
    company.head_office.save()
    forget_everything()
    assert superiors(company.ada) == [company.ben, boss]
    assert people_below(boss) == {company.ada.pk, company.ben.pk, company.cleo.pk}
    assert hierarchy() is hierarchy()
