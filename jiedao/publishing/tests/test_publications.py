"""The way of a publication: written, reviewed by another person, published, withdrawn with a reason."""

from collections import Counter
from datetime import date

import pytest

from jiedao.audit.models import Entry
from jiedao.indicators.figure import TOWN
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.publishing.actions.moving import (
    copy_publication,
    discard_publication,
    publish_publication,
    review_publication,
    withdraw_publication,
)
from jiedao.publishing.actions.writing import change_publication
from jiedao.publishing.counting_views import ViewCounter, write_views
from jiedao.publishing.models import EDIT, PUBLISH, REVIEW, Publication, ViewCount
from jiedao.publishing.selectors.publications import (
    count_views,
    get_publication,
    get_published,
    list_feed,
    list_published,
    read_body,
)
from jiedao.publishing.tests.people import PUBLISHER, REVIEWER, WRITER, make_input, publish, write
from jiedao.reports.actions.signing import sign_report, withdraw_signature
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.document import Heading, read_text
from jiedao.reports.tests.conftest import ReportTown
from jiedao.testing.cast import Town


def test_a_draft_is_not_public_until_it_is_reviewed_and_published(town: Town) -> None:
    draft = write(town)
    with pytest.raises(NotFoundError):
        get_published(draft.pk)
    with pytest.raises(UserError, match="还没有审核"):
        publish_publication(actor=town.actor(PUBLISHER), publication_id=draft.pk, version=draft.version)
    assert publish(town, draft).is_public
    assert [row.title for row in list_published().rows] == ["停水通告"]
    actions = Entry.objects.filter(object_type="publishing.publication").order_by("pk")
    assert [entry.action.partition(":")[2] for entry in actions] == ["edit", "review", "publish"]


def test_the_writer_of_the_words_cannot_review_them(town: Town) -> None:
    post = town.posts[WRITER]
    post.permissions = [*post.permissions, "publishing.publication:review"]
    post.save()
    draft = write(town)
    with pytest.raises(NotAllowed, match="起草人不能审核"):
        review_publication(actor=town.actor(WRITER), publication_id=draft.pk, version=1)


def test_no_writer_can_review_the_words_even_after_a_later_change(town: Town) -> None:
    for username in (WRITER, REVIEWER, "shift"):
        post = town.posts[username]
        post.permissions = [*post.permissions, EDIT, REVIEW, PUBLISH]
        post.save()
    forget_all()
    draft = write(town)
    changed = change_publication(
        actor=town.actor("shift"), publication_id=draft.pk, version=1, data=make_input(text="改期。")
    )
    for username in (WRITER, "shift"):
        with pytest.raises(NotAllowed, match="起草人不能审核"):
            review_publication(actor=town.actor(username), publication_id=draft.pk, version=changed.version)
    public = publish(town, changed)
    withdraw_publication(
        actor=town.actor(PUBLISHER), publication_id=public.pk, version=public.version, reason="日期写错了"
    )
    copied = copy_publication(actor=town.actor("shift"), publication_id=public.pk)
    with pytest.raises(NotAllowed, match="起草人不能审核"):
        review_publication(actor=town.actor(WRITER), publication_id=copied.pk, version=1)
    assert review_publication(actor=town.actor(REVIEWER), publication_id=copied.pk, version=1).reviewed_by_id


@pytest.mark.parametrize(
    ("move", "person"),
    [(review_publication, WRITER), (publish_publication, REVIEWER), (discard_publication, PUBLISHER)],
)
def test_each_move_needs_its_right(town: Town, move: object, person: str) -> None:
    draft = write(town)
    with pytest.raises(NotAllowed):
        move(actor=town.actor(person), publication_id=draft.pk, version=1)  # type: ignore[operator]


def test_a_reviewed_text_that_is_changed_has_to_be_reviewed_again(town: Town) -> None:
    draft = write(town)
    reviewed = review_publication(actor=town.actor(REVIEWER), publication_id=draft.pk, version=1)
    changed = change_publication(
        actor=town.actor(WRITER),
        publication_id=draft.pk,
        version=reviewed.version,
        data=make_input(text="改期。"),
    )
    assert (changed.state, changed.reviewed_by_id) == ("DRAFT", None)
    assert "改期。" in read_body(changed).text


def test_the_version_that_was_read_is_the_one_that_is_published(town: Town) -> None:
    draft = write(town)
    with pytest.raises(Stale):
        review_publication(actor=town.actor(REVIEWER), publication_id=draft.pk, version=7)


def test_a_withdrawn_publication_stays_with_its_reason_and_leaves_list_and_feed(town: Town) -> None:
    public = publish(town, write(town))
    withdrawn = {"actor": town.actor(PUBLISHER), "publication_id": public.pk, "version": public.version}
    with pytest.raises(UserError, match="请写明撤下的原因"):
        withdraw_publication(**withdrawn, reason="错")
    withdraw_publication(**withdrawn, reason="日期写错了")
    row = get_published(public.pk)
    assert (row.is_public, row.reason) == (False, "日期写错了")
    assert list_published().total == len(list_feed()) == 0
    draft = copy_publication(actor=town.actor(WRITER), publication_id=public.pk)
    assert (draft.state, draft.text) == ("DRAFT", row.text)


def test_what_is_public_can_be_neither_changed_nor_discarded(town: Town) -> None:
    public = publish(town, write(town))
    writer = town.actor(WRITER)
    with pytest.raises(UserError, match="已公布的内容不能直接修改"):
        change_publication(actor=writer, publication_id=public.pk, version=public.version, data=make_input())
    with pytest.raises(UserError, match="已公布的内容不能直接修改"):
        discard_publication(actor=writer, publication_id=public.pk, version=public.version)


def test_a_discarded_draft_leaves_its_title_in_the_audit(town: Town) -> None:
    draft = write(town)
    discard_publication(actor=town.actor(WRITER), publication_id=draft.pk, version=1)
    assert not Publication.objects.exists()
    assert Entry.objects.latest("pk").before["title"] == "停水通告"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"text": "\n"}, "text"),
        ({"kind": "YEARLY"}, "kind"),
        ({"document_date": date(2020, 7, 2)}, "document_date"),
        ({"source": "长" * 121}, "source"),
        ({"text": "字" * 100_001}, "text"),
    ],
)
def test_a_wrong_field_is_named(town: Town, values: dict[str, object], field: str) -> None:
    with pytest.raises(UserError) as fault:
        write(town, **values)
    assert fault.value.field == field


def test_a_text_is_never_run_and_its_headings_are_recognised(town: Town) -> None:
    body = read_body(write(town, text="一、时间\n{{ figure('x') }} <script>alert(1)</script>"))
    assert read_text(body.blocks[0].runs) == "一、时间"  # type: ignore[union-attr]
    assert isinstance(body.blocks[0], Heading)
    assert "figure" in body.text


def test_a_publication_of_a_report_shows_what_was_signed(report_town: ReportTown) -> None:
    town = report_town.town
    report = begin_report(
        actor=town.actor("shift"),
        template=report_town.template,
        period=parse_period("2020-06"),
        place=TOWN,
    )
    with pytest.raises(UserError, match="没有签发"):
        write(town, report_id=report.pk, kind="REPORT")
    sign_report(actor=town.actor("leader"), report_id=report.pk, number=1)
    draft = write(town, report_id=report.pk, kind="REPORT", title="六月月报")
    report_town.change_area(330)
    assert "超500平方米" in read_body(draft).text
    assert "工作月报" not in read_body(draft).text  # the title is that of the publication
    reviewed = review_publication(actor=town.actor(REVIEWER), publication_id=draft.pk, version=1)
    withdraw_signature(actor=town.actor("leader"), report_id=report.pk, reason="数字要改")
    with pytest.raises(UserError, match="签发已经撤回"):
        publish_publication(actor=town.actor(PUBLISHER), publication_id=draft.pk, version=reviewed.version)


def test_views_are_counted_by_day_and_nothing_else_is_stored(town: Town) -> None:
    public = publish(town, write(town))
    counter = ViewCounter()
    for _visit in range(3):
        counter.add(public.pk)  # the first is written at once, the others wait
    assert count_views(public) == 1
    counter.flush()
    write_views(Counter({(public.pk, date(2020, 6, 30)): 4}))
    assert count_views(public) == 7
    assert {field.name for field in ViewCount._meta.fields} == {"id", "publication", "day", "views"}
    assert ViewCount.objects.get(day=clock.today()).views == 3


def test_only_clerks_read_drafts(town: Town) -> None:
    draft = write(town)
    assert get_publication(town.actor(REVIEWER), draft.pk) == draft
    with pytest.raises(NotAllowed):
        get_publication(town.actor("grid1"), draft.pk)
