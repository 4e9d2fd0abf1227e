"""The pages of the town's own values: forms with number and unit, the pack's value beside, and decisions."""

import pytest

from jiedao.cases import catalogue
from jiedao.cases.models import Clock, Duty
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import OwnValue
from jiedao.kernel.policies import get_policy
from jiedao.testing.cast import Town, walk

POLICY = "/desk/admin/values/policy/max_returns/"


def test_limit_is_chosen_as_number_and_unit_and_running_clocks_keep_their_deadline(
    town: Town, signed_in: SignedIn
) -> None:
    case = walk(town, to="DISPATCHED")
    due_at = Clock.objects.get(case=case, stage="HANDLE").due_at
    category, area = town.categories["RUBBISH"], town.areas["RIVER"]
    duty = Duty.objects.get(category=category, area=area)
    address = f"/desk/admin/values/duty/{category.kind} {category.code} {area.code}/"
    form = {
        "lead_unit": duty.lead_unit.code,
        "limits.HANDLE": "9",
        "limits.HANDLE_unit": "wd",
        "reason": "区里 3 月发文调整",
    }
    page = signed_in("admin").post(address, form, follow=True)
    forget_all()
    assert "已经开始的计时不变" in page.content.decode()
    assert "本街道改过" in page.content.decode()
    assert catalogue.find_limit("HANDLE", case.category_id, case.area_path) == "9wd"
    assert Clock.objects.get(case=case, stage="HANDLE").due_at == due_at
    later = walk(town, to="DISPATCHED")
    assert Clock.objects.get(case=later, stage="HANDLE").due_at > due_at


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"limits.HANDLE": "9", "limits.HANDLE_unit": ""}, "请写一个整数，如 3，再选单位"),
        ({"limits.HANDLE": "0", "limits.HANDLE_unit": "wd"}, "1"),
        ({"limits.HANDLE": "2", "limits.HANDLE_unit": "wd", "reason": "改"}, "请写明为什么改"),
    ],
)
def test_incomplete_limit_is_refused_at_its_field(
    town: Town, signed_in: SignedIn, form: dict[str, str], text: str
) -> None:
    category = town.categories["RUBBISH"]
    duty = Duty.objects.get(category=category, area=None)
    page = signed_in("admin").post(
        f"/desk/admin/values/duty/{category.kind} {category.code} town/",
        {"lead_unit": duty.lead_unit.code, "reason": "区里 3 月发文调整", **form},
    )
    assert page.status_code == 422
    assert text in page.content.decode()
    assert not OwnValue.objects.exists()


def test_policy_returns_to_the_value_of_the_pack(town: Town, signed_in: SignedIn) -> None:
    admin, before = signed_in("admin"), get_policy("max_returns")
    admin.post(POLICY, {"value": "7", "reason": "街道办公会决定"})
    forget_all()  # a test has no end of the transaction, at which the values are read anew
    assert get_policy("max_returns") == 7
    page = admin.get("/desk/admin/own/").content.decode()
    assert "一件案件最多退回几次" in page
    assert "街道办公会决定" in page
    own = OwnValue.objects.get()
    admin.post(f"/desk/admin/own/{own.pk}/decide/", {"choice": "pack", "next": POLICY})
    forget_all()
    assert get_policy("max_returns") == before
    assert not OwnValue.objects.exists()


def test_a_form_that_is_older_than_the_values_undoes_nothing(town: Town, signed_in: SignedIn) -> None:
    category, admin = town.categories["RUBBISH"], signed_in("admin")
    address = f"/desk/admin/values/duty/{category.kind} {category.code} town/"
    form = admin.get(address).context["form"]
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: value for name, value in values.items() if isinstance(value, str)}
    first = {**sent, "limits.HANDLE": "9", "limits.HANDLE_unit": "wd", "reason": "区里 3 月发文调整"}
    assert admin.post(address, first).status_code == 302
    forget_all()
    second = {**sent, "limits.CHECK": "2", "limits.CHECK_unit": "wd", "reason": "区里 4 月发文调整"}
    page = admin.post(address, second)
    assert page.status_code == 409
    assert "别人改过这一项" in page.content.decode()
    assert OwnValue.objects.count() == 1
    newest = admin.get(address).context["form"].fields["mark"].initial
    again = {**first, **second, "limits.HANDLE": "9", "limits.HANDLE_unit": "wd", "mark": newest}
    assert admin.post(address, again).status_code == 302
    assert set(OwnValue.objects.values_list("field", flat=True)) == {"limits.HANDLE", "limits.CHECK"}


def test_conflict_is_listed_first_with_a_choice(town: Town, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    admin.post(POLICY, {"value": "7", "reason": "街道办公会决定"})
    admin.post("/desk/admin/values/policy/max_extensions/", {"value": "5", "reason": "街道办公会决定"})
    own = OwnValue.objects.get(key="max_returns")
    own.pack_now = 9
    own.save()
    page = admin.get("/desk/admin/own/")
    assert page.context["conflicts"] == 1
    assert page.context["own_rows"][0].pack_now == "9"
    assert "留用本街道的" in page.content.decode()
    admin.post(f"/desk/admin/own/{own.pk}/decide/", {"choice": "keep"})
    forget_all()
    assert admin.get("/desk/admin/own/").context["conflicts"] == 0
    assert get_policy("max_returns") == 7


def test_user_changes_only_what_the_post_may(town: Town, signed_in: SignedIn) -> None:
    post = town.posts["admin"]
    post.permissions = ["cases.duty:manage"]
    post.save()
    admin = signed_in("admin")
    assert admin.get(POLICY).status_code == 403
    assert admin.get("/desk/admin/own/pack.toml").status_code == 403
    page = admin.get(f"/desk/admin/categories/{town.categories['RUBBISH'].pk}/").content.decode()
    assert "更改" in page
    assert 'name="keywords"' not in page


def test_values_are_downloaded_as_toml(town: Town, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    admin.post(POLICY, {"value": "7", "reason": "街道办公会决定"})
    text = admin.get("/desk/admin/own/pack.toml").content.decode()
    assert "[policy]\nmax_returns = 7\n" in text
    assert "街道办公会决定" in text


def test_a_reason_of_the_town_is_added_listed_and_offered(town: Town, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    page = admin.get("/desk/admin/values/?kind=reason").content.decode()
    assert 'href="/desk/admin/values/reason/new/"' in page
    form = {"kind": "VOID", "text": "测试录入的案件", "reason": "常有人试着录一件"}
    page = admin.post("/desk/admin/values/reason/new/", form, follow=True).content.decode()
    assert "已增加“测试录入的案件”" in page
    assert "本街道增加" in page
    assert [reason.text for reason in catalogue.list_reasons("VOID")][-1] == "测试录入的案件"
    page = admin.get("/desk/admin/own/").content.decode()
    assert "本街道增加的一条" in page
    assert "没有这一条" in page
    own = OwnValue.objects.get()
    admin.post(f"/desk/admin/own/{own.pk}/decide/", {"choice": "pack"})
    forget_all()
    assert "测试录入的案件" not in {reason.text for reason in catalogue.list_reasons("VOID")}


def test_a_duty_is_added_from_its_category_switched_off_and_restored(town: Town, signed_in: SignedIn) -> None:
    admin, category = signed_in("admin"), town.categories["RUBBISH"]
    page_of_category = f"/desk/admin/categories/{category.pk}/"
    address = f"/desk/admin/values/duty/new/?of={category.pk}"
    assert address in admin.get(page_of_category).content.decode()
    assert f'value="{category.kind} {category.code}" selected' in admin.get(address).content.decode()
    area = town.areas["G2"]
    form = {
        "category": f"{category.kind} {category.code}",
        "area": area.code,
        "lead_unit": town.units["URBAN"].code,
        "limits.HANDLE": "3",
        "limits.HANDLE_unit": "wd",
        "reason": "这个网格另有约定",
    }
    page = admin.post(address, form, follow=True).content.decode()
    assert "本街道增加" in page
    forget_all()
    assert catalogue.find_limit("HANDLE", category.pk, area.path) == "3wd"
    town_wide = f"/desk/admin/values/duty/{category.kind} {category.code} town/"
    assert "停用这一条" in admin.get(town_wide).content.decode()
    page = admin.post(f"{town_wide}off/", {"reason": "改"}, follow=True).content.decode()
    assert "请写明为什么改" in page
    page = admin.post(f"{town_wide}off/", {"reason": "按网格分别约定"}, follow=True).content.decode()
    assert "本街道停用的权责" in page
    assert not Duty.objects.filter(category=category, area=None).exists()
    own = OwnValue.objects.get(value__isnull=True)
    page = admin.post(
        f"/desk/admin/own/{own.pk}/decide/", {"choice": "pack", "next": page_of_category}, follow=True
    )
    assert "本街道停用的权责" not in page.content.decode()
    assert Duty.objects.filter(category=category, area=None).exists()


def test_an_incomplete_new_row_is_refused_with_what_was_typed(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("admin").post(
        "/desk/admin/values/phrase/new/", {"kind": "RESULT", "text": "已清理干净", "reason": "改"}
    )
    assert page.status_code == 422
    assert "已清理干净" in page.content.decode()
    assert not OwnValue.objects.exists()
