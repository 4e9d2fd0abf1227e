"""Shared lists of choices are never older than what they are made from, and drawn as Django draws them."""

import pytest
from django.forms import ChoiceField, Select
from django.utils.translation import override

from jiedao.cases import catalogue
from jiedao.cases.models import Category
from jiedao.kernel.choices import SharedChoices, draw_options
from jiedao.orgs.models import Unit
from jiedao.orgs.units import UNITS
from jiedao.pages.choices import get_area_choices, get_category_choices, get_unit_choices
from jiedao.pages.widgets import QuickSelect
from jiedao.places.models import Area
from jiedao.places.selectors import AREAS, EVERY_AREA
from jiedao.testing.cast import make_town

GROUPED = [("", "—"), ("路 <一>", [(1, "一号"), (12, 'a"b')]), ("二", [("x", "2 & 3")])]


@pytest.mark.parametrize("value", ["", 1, 12, "x", "missing", '1"'])
def test_options_are_those_of_django(value: object) -> None:
    expected = Select(choices=GROUPED).render("n", value, {})
    for choices in (GROUPED, SharedChoices(GROUPED)):
        for _again in range(2):
            drawn = QuickSelect(choices=choices).render("n", value, {})
            assert "".join(drawn.split()) == "".join(expected.split())


def test_a_field_takes_shared_choices_without_a_copy() -> None:
    shared = SharedChoices(GROUPED)
    field = ChoiceField(choices=shared, widget=QuickSelect)
    assert field.choices is shared
    assert field.widget.choices is shared
    assert field.clean("12") == "12"
    assert shared.with_empty("选") == [("", "选"), *GROUPED]
    assert shared.with_empty("选") is shared.with_empty("选")


def test_choices_of_a_filter_can_be_drawn_with_several_selected() -> None:
    drawn = draw_options(SharedChoices(GROUPED), {"1", "x"})
    assert drawn.count(" selected") == 2
    assert '<option value="12">' in drawn


@pytest.mark.django_db
def test_a_change_in_another_process_is_seen_as_soon_as_the_units_are_read_again() -> None:
    town = make_town()
    before = get_unit_choices()
    assert get_unit_choices() is before
    unit = town.units["URBAN"]
    # As another process does: nothing here is notified.
    Unit.objects.filter(pk=unit.pk).update(name="城管科（新）")
    UNITS.forget()  # what the cache of units does by itself after some seconds
    labels = {label for _kind, rows in get_unit_choices() for _pk, label in rows}
    assert "城管科（新）" in labels
    assert unit.name not in labels


@pytest.mark.django_db
def test_categories_follow_their_source_and_the_language() -> None:
    town = make_town()
    category = town.categories["COVER"]
    with override("zh-hans"):
        assert get_category_choices() is get_category_choices()
        assert get_category_choices() is not get_category_choices(major=True)
    Category.objects.filter(pk=category.pk).update(name="井盖（新）", name_en="Covers (new)")
    catalogue.CATEGORIES.forget()
    for language, wanted in (("zh-hans", "井盖（新）"), ("en", "Covers (new)")):
        with override(language):
            labels = [str(label) for _group, rows in get_category_choices() for _pk, label in rows]
            assert any(wanted in label for label in labels)


@pytest.mark.django_db
def test_areas_of_a_district_are_its_sub_districts() -> None:
    root = Area.objects.add_root(instance=Area(kind="DISTRICT", code="440307", name="龙岗区"))
    street = Area.objects.add_child(root, instance=Area(kind="STREET", code="440307014", name="布吉街道"))
    EVERY_AREA.forget()
    AREAS.forget()
    assert get_area_choices() == [("龙岗区", [(street.pk, "布吉街道")])]
    assert get_area_choices(grids_only=True) == []


@pytest.mark.django_db
def test_areas_of_a_town_are_its_communities_and_grids() -> None:
    town = make_town()
    chosen = {pk for _label, rows in get_area_choices() for pk, _text in rows}
    assert chosen == set(Area.objects.filter(kind__in=["COMMUNITY", "GRID"]).values_list("pk", flat=True))
    assert town.areas["STREET"].pk not in chosen
