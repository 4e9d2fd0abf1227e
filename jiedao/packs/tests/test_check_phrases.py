"""Faults of `phrases.toml`, and applying phrases and roads."""

import pytest

from jiedao.cases.models import Phrase
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.places.models import Road

DONE = '[[phrase]]\nkind = "RESULT"\ncode = "DONE"\ntext = "已清理。"\n'


def apply(tiny: TinyPack) -> None:
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    apply_pack(pack=pack, actor=make_system_actor())


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        (DONE + DONE, "duplicate", 7),
        (DONE.replace("RESULT", "REST"), "bad-value", 2),
        (DONE + 'move = "RETURN"\n', "dangling", 5),
        (DONE + 'move = "HANDEL"\n', "dangling", 5),
        ('[[phrase]]\nkind = "REPLY"\ncode = "X"\n', "missing-key", 1),
    ],
)
def test_a_mistake_in_the_phrases_is_reported_at_its_line(
    tiny: TinyPack, lines: str, code: str, line: int
) -> None:
    tiny.write("phrases.toml", lines)
    faults = {(fault.code, fault.line) for fault in tiny.report().errors if fault.file == "phrases.toml"}
    assert (code, line) in faults


@pytest.mark.django_db
def test_applied_phrases_are_offered_and_removed_ones_retired(tiny: TinyPack) -> None:
    tiny.write("phrases.toml", DONE + 'move = "HANDLE"\n')
    apply(tiny)
    phrase = Phrase.objects.get()
    assert (phrase.kind, phrase.move, phrase.text, phrase.active) == ("RESULT", "HANDLE", "已清理。", True)
    tiny.write("phrases.toml", "")
    apply(tiny)
    assert not Phrase.objects.get().active


@pytest.mark.django_db
def test_applied_roads_belong_to_their_communities(tiny: TinyPack) -> None:
    apply(tiny)
    road = Road.objects.get()
    assert road.name == "一号路"
    assert [area.code for area in road.areas.order_by("code")] == [f"{TOWN}001", f"{TOWN}002"]
