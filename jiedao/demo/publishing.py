"""Publish what the pack's `demo/publishing.toml` names: the signed report, some texts, a yearly report, open data."""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import Actor, find_actor
from jiedao.publishing.actions.moving import publish_publication, review_publication
from jiedao.publishing.actions.releasing import release_data_set
from jiedao.publishing.actions.writing import PublicationInput, create_publication
from jiedao.publishing.actions.yearly import make_yearly_publication, save_yearly_report
from jiedao.publishing.models import Publication
from jiedao.publishing.open_data.definition import list_sets
from jiedao.reports.actions.signing import sign_report
from jiedao.reports.forms.filling import find_office_name
from jiedao.reports.models import Report
from jiedao.reports.selectors import find_signature, get_version

Row = Mapping[str, Any]


def make_publications(folder: Path) -> None:
    """Publish what the file names, unless there are publications already.

    Raises:
        UserError: a person that the file names does not exist, or an action refuses an entry.
    """
    path = folder / "publishing.toml"
    if Publication.objects.exists() or not path.is_file():
        return
    book = tomllib.loads(path.read_text(encoding="utf-8"))
    people = {name: _find_person(book["people"][name]) for name in ("writer", "reviewer", "publisher")}
    for row in book.get("text", []):
        _publish(people, create_publication(actor=people["writer"], data=_read_input(row)))
    for row in book.get("yearly", []):
        _publish(people, _make_yearly(people["writer"], row))
    for row in book.get("report", []):
        with suppress(UserError):  # without figures for the period of the report, it cannot be signed
            _publish_report(people, row)
    for data_set in list_sets():
        if data_set.row.key in book.get("open_data", []) and data_set.is_possible:
            release_data_set(actor=people["publisher"], key=data_set.row.key, digest=data_set.digest)


def _read_input(row: Row) -> PublicationInput:
    return PublicationInput(
        kind=row["kind"],
        title=row["title"],
        source=row.get("source") or find_office_name(),
        document_date=min(row["date"], clock.today()),
        document_number=row.get("number", ""),
        text=row.get("text", ""),
        current_until=row.get("current_until"),
    )


def _publish(people: Mapping[str, Actor], publication: Publication) -> None:
    publication = review_publication(
        actor=people["reviewer"], publication_id=publication.pk, version=publication.version
    )
    publish_publication(actor=people["publisher"], publication_id=publication.pk, version=publication.version)


def _publish_report(people: Mapping[str, Actor], row: Row) -> None:
    period = parse_period(row["period"])
    report = Report.objects.get(
        template__key=row["template"], first_date=period.first, last_date=period.last, place_key=""
    )
    if find_signature(report) is None:
        sign_report(actor=people["publisher"], report_id=report.pk, number=get_version(report).number)
    data = _read_input({**row, "kind": "REPORT", "date": clock.today()})
    _publish(people, create_publication(actor=people["writer"], data=data, report_id=report.pk))


def _make_yearly(actor: Actor, row: Row) -> Publication:
    save_yearly_report(
        actor=actor,
        year=row["year"],
        version=0,
        applications=row["applications"],
        disputes=row.get("disputes", {}),
        texts={name: row.get(name, "") for name in ("overview", "problems", "other")},
        typed=row.get("typed", {}),
    )
    return make_yearly_publication(actor=actor, year=row["year"])


def _find_person(username: str) -> Actor:
    user = User.objects.filter(username=username).first()
    actor = find_actor(user) if user is not None else None
    if actor is None:
        raise UserError(
            f"演示的公开信息要用账号 {username}，但没有这个人。", hint="请改正 demo/publishing.toml。"
        )
    return actor
