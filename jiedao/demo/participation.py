"""Release some cases to the public, and hold the consultations of the pack's `demo/participation.toml`."""

import random
import tomllib
import uuid
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from jiedao.cases.flow import SOLVED
from jiedao.cases.models import Case
from jiedao.demo.pictures import draw_scene
from jiedao.demo.progress import find_holder
from jiedao.files.actions import store_file
from jiedao.files.models import Kind
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.publishing.consultations.actions import (
    ConsultationInput,
    PointInput,
    QuestionInput,
    end_consultation,
    publish_consultation,
    save_consultation,
)
from jiedao.publishing.consultations.answering import give_answer, give_visitor_code
from jiedao.publishing.models import Consultation, PublicCase
from jiedao.publishing.models.consultations import QuestionKind
from jiedao.publishing.review.actions import UNPUBLISHABLE, propose_draft, release_case

Row = dict[str, Any]
WITH_PHOTO = 6  # one of so many released cases has a photo with a part painted black
PHOTO_BOXES = [[620, 540, 220, 160]]


def make_participation(folder: Path, seed: int) -> None:
    """Release cases and hold consultations, once; a pack without the file has neither."""
    path = folder / "participation.toml"
    if not path.is_file():
        return
    book = tomllib.loads(path.read_text(encoding="utf-8"))
    actor, rng = find_holder(post__code=book["post"]), random.Random(seed)  # noqa: S311 (invented data)
    if not PublicCase.objects.exists():
        _release_cases(actor, int(book["released"]), rng)
    if not Consultation.objects.exists():
        for row in book.get("consultation", []):
            _hold_consultation(actor, row, rng)


@transaction.atomic
def _release_cases(actor: Actor, number: int, rng: random.Random) -> None:
    """Release every second of the latest cases, open and solved ones alike, so that others wait for their review."""
    # What an inspection found names a business, and would be withheld by most offices.
    cases = Case.objects.exclude(state__in=sorted(UNPUBLISHABLE)).exclude(channel="INSPECTION")
    cases = cases.filter(lon__isnull=False).order_by("-reported_at", "-id")
    open_cases = cases.exclude(state__in=sorted(SOLVED))[:number:2]
    solved_cases = cases.filter(state__in=sorted(SOLVED))[:number:2]
    for index, case in enumerate([*open_cases, *solved_cases]):
        draft = propose_draft(case)
        if index % WITH_PHOTO == 0:
            upload = ContentFile(draw_scene(rng, bright=False), name="现场.jpg")
            photo = store_file(
                actor, upload, kind=Kind.PHOTO_BEFORE, object_type="cases.case", object_id=case.pk
            )
            draft = replace(draft, photos={photo.pk: PHOTO_BOXES})
        release_case(actor, case.pk, draft, version=0)


@transaction.atomic
def _hold_consultation(actor: Actor, row: Row, rng: random.Random) -> None:
    """Write and publish a consultation on its first day, give its answers, and publish its results if it has ended."""
    first_date = clock.today() + timedelta(days=row["first"])
    last_date = clock.today() + timedelta(days=row["last"])
    questions = tuple(
        QuestionInput(
            item["kind"], item["label"], item.get("required", False), tuple(item.get("choices", ()))
        )
        for item in row["question"]
    )
    data = ConsultationInput(
        name=row["name"],
        name_en=row["name_en"],
        intro=row["intro"],
        unit_name=row["unit"],
        first_date=first_date,
        last_date=last_date,
        questions=questions,
    )
    with clock.at(datetime.combine(first_date, time(9), clock.TOWN_TZ)):
        consultation = publish_consultation(actor, save_consultation(actor, data).pk, version=1)
        for _turn in range(row["answers"]):
            _give_answer(consultation, row, rng)
    if "outcome" in row:
        points = [PointInput(point["text"], point["adoption"], point["reason"]) for point in row["point"]]
        end_consultation(
            actor, consultation.pk, outcome=row["outcome"], points=points, version=consultation.version
        )


def _give_answer(consultation: Consultation, row: Row, rng: random.Random) -> None:
    data: dict[str, list[str]] = {}
    for question, item in zip(consultation.questions.order_by("position"), row["question"], strict=True):
        name = f"q_{question.pk}"
        if question.kind == QuestionKind.TEXT:
            data[name] = [rng.choice(item["words"])] if rng.random() < 0.3 else []
            continue
        places = [str(place) for place in range(len(question.choices))]
        number = 1 if question.kind == QuestionKind.ONE else rng.randint(1, 2)
        weights = item.get("weights", [1] * len(places))
        data[name] = list({rng.choices(places, weights)[0] for _turn in range(number)})
    give_answer(consultation, give_visitor_code(consultation, uuid.UUID(int=rng.getrandbits(128))), data)
