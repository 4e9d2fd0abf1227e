"""The file of a queue that a phone exported."""

import base64
import json
import uuid
from typing import Any

import pytest
from django.core.files.base import ContentFile

from jiedao.cases.models import Case
from jiedao.fieldwork.actions.files import import_queue
from jiedao.fieldwork.tests.parts import REPORT, make_raw
from jiedao.files.models import Attachment
from jiedao.files.tests.pictures import make_picture
from jiedao.kernel.errors import UserError
from jiedao.testing.cast import Town, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


def make_file(*items: Any, photos: dict[str, Any] | None = None) -> ContentFile:
    content = {"format": "jiedao-field-queue", "v": 1, "items": items, "photos": photos or {}}
    return ContentFile(json.dumps(content).encode(), name="queue.json")


def test_items_of_a_file_are_carried_out_once_and_in_their_order(town: Town) -> None:
    key = str(uuid.uuid4())
    picture = {"name": "a.jpg", "kind": "PHOTO_BEFORE", "content": base64.b64encode(make_picture()).decode()}
    first = make_raw(town, "REPORT", REPORT, photos={"photos": [key]})
    wrong = make_raw(town, "REPORT", {**REPORT, "detail": ""})
    other = make_raw(town, "REPORT", REPORT, who="grid3")
    for created in (True, False):
        lines = import_queue(town.actor("grid1"), make_file(first, wrong, other, 7, photos={key: picture}))
        assert lines[0].receipt is not None
        assert lines[0].receipt.created is created
        assert [line.fault is None for line in lines] == [True, False, False, False]
    assert Case.objects.count() == 1
    assert Attachment.objects.of("cases.case", Case.objects.get().pk).count() == 1


def test_file_that_is_no_picture_refuses_its_item(town: Town) -> None:
    key = str(uuid.uuid4())
    item = make_raw(town, "REPORT", REPORT, photos={"photos": [key]})
    picture = {"name": "a.jpg", "kind": "PHOTO_BEFORE", "content": "not base64!"}
    [line] = import_queue(town.actor("grid1"), make_file(item, photos={key: picture}))
    assert line.fault is not None
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff\xfe", b'{"format": "jiedao-field-queue", "items": 3}', b"[" * 100_000],
)
def test_file_of_another_kind_is_refused_with_a_hint(town: Town, content: bytes) -> None:
    with pytest.raises(UserError) as fault:
        import_queue(town.actor("grid1"), ContentFile(content, name="x.json"))
    assert fault.value.hint
