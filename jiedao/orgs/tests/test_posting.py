"""Posts and units: nobody raises their own rights, and no superior or parent leads back to itself."""

from dataclasses import replace

import pytest

from jiedao.audit.models import Entry
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.orgs.posting import PostForm, UnitForm, save_post, save_unit
from jiedao.orgs.tests.people import Office, make_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office()


def make_form(post: Post, **changes: object) -> PostForm:
    base = PostForm(title=post.title, permissions=tuple(post.permissions), scope=post.scope)
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("right", ["cases.case:view", "registers.record:edit", "projects.project:edit"])
def test_the_security_administrator_gives_casework_to_a_post(office: Office, right: str) -> None:
    post = office.posts["empty"]
    save_post(actor=office.actor("sec"), post_id=post.pk, form=make_form(post, permissions=(right,)))
    post.refresh_from_db()
    assert post.permissions == [right]
    entry = Entry.objects.get(object_type="orgs.post")
    assert (entry.before["permissions"], entry.after["permissions"]) == ([], [right])


@pytest.mark.parametrize("right", ["orgs.user:manage", "audit.entry:view", "packs.pack:apply"])
def test_an_administrative_right_is_given_only_by_its_holder(office: Office, right: str) -> None:
    post = office.posts["empty"]
    with pytest.raises(NotAllowed):
        save_post(actor=office.actor("sec"), post_id=post.pk, form=make_form(post, permissions=(right,)))


def test_an_actor_with_casework_adds_only_rights_they_hold(office: Office) -> None:
    post, head = office.posts["empty"], office.actor("head")
    save_post(actor=head, post_id=post.pk, form=make_form(post, permissions=("cases.case:view",)))
    with pytest.raises(NotAllowed):
        save_post(
            actor=head,
            post_id=post.pk,
            form=make_form(post, permissions=("cases.case:view", "cases.case:void")),
        )


def test_nobody_edits_the_post_they_hold(office: Office) -> None:
    post = office.posts["head"]
    with pytest.raises(NotAllowed):
        save_post(actor=office.actor("head"), post_id=post.pk, form=make_form(post, title="更大的主任"))


def test_nobody_edits_their_second_post_while_acting_in_the_first(office: Office) -> None:
    Holding.objects.create(user=office.users["sec"], post=office.posts["clerk"])
    post = office.posts["clerk"]
    with pytest.raises(NotAllowed):
        save_post(actor=office.actor("sec"), post_id=post.pk, form=make_form(post, title="x"))


def test_widening_a_scope_requires_the_rights_of_the_post(office: Office) -> None:
    post = office.posts["audit"]
    with pytest.raises(NotAllowed):
        save_post(actor=office.actor("sec"), post_id=post.pk, form=make_form(post, scope="AREA"))


def test_casework_rights_may_always_be_removed(office: Office) -> None:
    post = office.posts["clerk"]
    save_post(
        actor=office.actor("head"), post_id=post.pk, form=make_form(post, permissions=("cases.case:view",))
    )
    post.refresh_from_db()
    assert post.permissions == ["cases.case:view"]


@pytest.mark.parametrize(
    "changes",
    [
        {"permissions": ()},
        {"permissions": ("audit.entry:view", "cases.case:view")},
        {"active": False},
    ],
)
def test_nobody_deactivates_the_auditor_or_gives_them_cases(
    office: Office, changes: dict[str, object]
) -> None:
    post = office.posts["audit"]
    for who in ("sec", "head"):
        with pytest.raises(NotAllowed):
            save_post(actor=office.actor(who), post_id=post.pk, form=make_form(post, **changes))
    post.refresh_from_db()
    assert (post.permissions, post.active) == (["audit.entry:view"], True)


def test_the_post_of_the_auditor_may_be_renamed(office: Office) -> None:
    post = office.posts["audit"]
    save_post(actor=office.actor("sec"), post_id=post.pk, form=make_form(post, title="审计员"))
    post.refresh_from_db()
    assert post.title == "审计员"


def test_editing_posts_and_units_requires_the_right(office: Office) -> None:
    with pytest.raises(NotAllowed):
        save_post(
            actor=office.actor("sys"), post_id=office.posts["empty"].pk, form=make_form(office.posts["empty"])
        )
    with pytest.raises(NotAllowed):
        save_unit(actor=office.actor("sys"), form=UnitForm(name="x", kind="DEPARTMENT", code="X"))


def test_a_circle_of_superior_posts_is_refused(office: Office) -> None:
    low, high = office.posts["empty"], office.posts["clerk"]
    save_post(actor=office.actor("sec"), post_id=low.pk, form=make_form(low, superior_id=high.pk))
    with pytest.raises(UserError):
        save_post(actor=office.actor("sec"), post_id=high.pk, form=make_form(high, superior_id=low.pk))


@pytest.mark.parametrize(
    "changes", [{"title": " "}, {"scope": "WORLD"}, {"permissions": ("cases.case:fly",)}, {"code": "a b"}]
)
def test_invalid_values_of_a_new_post_are_refused(office: Office, changes: dict[str, object]) -> None:
    new = PostForm(title="新岗", permissions=(), scope="UNIT", code="NEW", unit_id=office.unit.pk)
    with pytest.raises(UserError):
        save_post(actor=office.actor("sec"), form=replace(new, **changes))  # type: ignore[arg-type]


def test_a_unit_has_another_unit_as_parent_but_never_itself(office: Office) -> None:
    sec = office.actor("sec")
    unit = save_unit(
        actor=sec, form=UnitForm(name="城管科", kind="DEPARTMENT", code="URBAN", parent_id=office.unit.pk)
    )
    with pytest.raises(UserError):
        save_unit(
            actor=sec, unit_id=unit.pk, form=UnitForm(name="城管科", kind="DEPARTMENT", parent_id=unit.pk)
        )
    with pytest.raises(UserError):
        save_unit(actor=sec, form=UnitForm(name="又一科", kind="DEPARTMENT", code="URBAN"))
    assert Unit.objects.count() == 2


def test_nobody_moves_their_own_unit(office: Office) -> None:
    with pytest.raises(NotAllowed):
        save_unit(actor=office.actor("sec"), unit_id=office.unit.pk, form=UnitForm(name="x", kind="OFFICE"))


def test_saving_without_a_change_leaves_no_entry(office: Office) -> None:
    save_post(
        actor=office.actor("sec"), post_id=office.posts["empty"].pk, form=make_form(office.posts["empty"])
    )
    assert not Entry.objects.exists()
