"""The pages of the administration: secrets are shown once, refusals appear in the form, nobody extends own rights."""

import re
from datetime import date
from typing import Any

import pytest

from jiedao.accounts.models import ApiToken, ProviderAccount, User, hash_token
from jiedao.audit.models import Entry
from jiedao.desk.tests.conftest import SignedIn
from jiedao.environment import OidcSettings
from jiedao.kernel.models import CalendarDay
from jiedao.orgs.models import Holding
from jiedao.testing.cast import Town


def secret_of(page: Any) -> str:
    match = re.search(r'id="secret">([^<]+)<', page.content.decode())
    assert match is not None
    return match[1]


def test_new_account_shows_its_password_once(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("admin").post("/desk/admin/people/new/", {"username": "xiaoli", "full_name": "小李"})
    secret = secret_of(page)
    user = User.objects.get(username="xiaoli")
    assert user.check_password(secret)
    assert "no-store" in page["Cache-Control"]
    assert secret not in signed_in("admin").get(f"/desk/admin/people/{user.pk}/").content.decode()


def test_existing_username_is_refused_at_its_field(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("admin").post("/desk/admin/people/new/", {"username": "handler", "full_name": "小李"})
    assert page.status_code == 422
    assert "已经有人用了" in page.content.decode()
    assert 'value="小李"' in page.content.decode()


def test_post_is_assigned_with_areas_and_ended(town: Town, signed_in: SignedIn) -> None:
    client, user = signed_in("admin"), town.users["cleaner"]
    post = town.posts["grid1"]
    client.post(f"/desk/admin/people/{user.pk}/", {"post": post.pk, "areas": [town.areas["G2"].pk]})
    holding = Holding.objects.get(user=user, post=post)
    assert list(holding.areas.all()) == [town.areas["G2"]]
    client.post(f"/desk/admin/people/{user.pk}/take/", {"holding": holding.pk})
    assert not Holding.objects.filter(pk=holding.pk).exists()


@pytest.mark.parametrize("query", ["q=%00", "after=%00", "q=%ED%A0%80", "unit=99999999999999999999"])
def test_search_for_people_accepts_any_characters(town: Town, signed_in: SignedIn, query: str) -> None:
    assert signed_in("admin").get(f"/desk/admin/people/?{query}").status_code == 200


def test_administrator_cannot_assign_a_post_to_himself(town: Town, signed_in: SignedIn) -> None:
    client, own = signed_in("admin"), town.users["admin"]
    page = client.post(f"/desk/admin/people/{own.pk}/", {"post": town.posts["shift"].pk})
    assert page.status_code == 403
    assert Holding.objects.filter(user=own).count() == 1
    assert client.post(f"/desk/admin/people/{own.pk}/password/").status_code == 403


def test_administrator_cannot_edit_the_own_post(town: Town, signed_in: SignedIn) -> None:
    post = town.posts["admin"]
    form = {"title": "超级管理员", "scope": "AREA", "permissions": ["cases.case:view"], "active": "on"}
    page = signed_in("admin").post(f"/desk/admin/posts/{post.pk}/", form)
    assert page.status_code == 403
    post.refresh_from_db()
    assert "cases.case:view" not in post.permissions


def test_right_that_the_form_does_not_offer_is_refused(town: Town, signed_in: SignedIn) -> None:
    post = town.posts["handler"]
    form = {"title": "处置人员", "scope": "UNIT", "permissions": ["audit.entry:view"], "active": "on"}
    page = signed_in("admin").post(f"/desk/admin/posts/{post.pk}/", form)
    assert page.status_code in {403, 422}
    post.refresh_from_db()
    assert "audit.entry:view" not in post.permissions


def test_edited_post_is_audited_with_before_and_after(town: Town, signed_in: SignedIn) -> None:
    post = town.posts["visitor"]
    form = {"title": "回访专员", "scope": "AREA", "permissions": ["cases.case:view"], "active": "on"}
    assert signed_in("admin").post(f"/desk/admin/posts/{post.pk}/", form).status_code == 302
    entry = Entry.objects.get(object_type="orgs.post")
    assert (entry.before["title"], entry.after["title"]) == ("回访员", "回访专员")


def test_unit_requires_a_new_and_valid_code(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("admin")
    form = {"code": "PARK", "name": "公园管理所", "kind": "DEPARTMENT", "parent": town.units["OFFICE"].pk}
    assert client.post("/desk/admin/units/new/", form).status_code == 302
    assert client.post("/desk/admin/units/new/", form).status_code == 422
    assert client.post("/desk/admin/units/new/", {**form, "code": "公园"}).status_code == 422


def test_token_is_shown_once_and_revoked(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("admin")
    form = {"username": "handler", "name": "手机端", "scopes": ["cases:report", "cases:read"]}
    page = client.post("/desk/admin/tokens/", form)
    token = ApiToken.objects.get(digest=hash_token(secret_of(page)))
    assert (token.scopes, token.expires_at is not None) == (["cases:read", "cases:report"], True)
    assert "上报案件" in client.get("/desk/admin/tokens/").content.decode()
    client.post(f"/desk/admin/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert client.post("/desk/admin/tokens/", {**form, "username": "nobody"}).status_code == 404


def test_a_token_without_an_end_has_to_be_asked_for(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("admin")
    form = {"username": "handler", "name": "手机端", "scopes": ["cases:report"], "never_expires": "on"}
    assert client.post("/desk/admin/tokens/", {**form, "expires": "2099-01-01"}).status_code == 422
    assert client.post("/desk/admin/tokens/", {**form, "scopes": []}).status_code == 422
    assert client.post("/desk/admin/tokens/", form).status_code == 200
    assert ApiToken.objects.get().expires_at is None


def test_an_administrator_above_cannot_be_renamed_or_reset_and_the_page_states_it(
    town: Town, signed_in: SignedIn
) -> None:
    town.posts["leader"].permissions += ["audit.entry:view"]
    town.posts["leader"].save()
    here, client = f"/desk/admin/people/{town.users['leader'].pk}/", signed_in("admin")
    page = client.get(here).content.decode()
    assert "您没有的管理权限" in page
    assert "重设密码</button>" not in page
    assert "您不能授予" in client.post(f"{here}name/", {"full_name": "甲"}, follow=True).content.decode()
    assert User.objects.get(pk=town.users["leader"].pk).full_name == "郑国"


def test_calendar_stores_a_holiday_and_warns_of_a_provisional_year(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("admin")
    assert "暂定" in client.get("/desk/admin/calendar/?year=2027").content.decode()
    client.post(
        "/desk/admin/calendar/", {"what": "day", "day": "2027-01-01", "is_workday": "0", "name": "元旦"}
    )
    assert CalendarDay.objects.get().date == date(2027, 1, 1)
    client.post("/desk/admin/calendar/", {"what": "clear", "day": "2027-01-01"})
    assert not CalendarDay.objects.exists()


@pytest.mark.parametrize(
    "form",
    [
        {"what": "day", "day": "2027-02-30", "is_workday": "0"},
        {"what": "day", "day": "", "is_workday": "0"},
        {"what": "day", "day": "1900-01-01", "is_workday": "0"},
        {"what": "hours", "hours": "18:00-09:00"},
        {"what": "hours", "hours": ""},
    ],
)
def test_invalid_day_or_hours_are_refused(town: Town, signed_in: SignedIn, form: dict[str, str]) -> None:
    assert signed_in("admin").post("/desk/admin/calendar/", form).status_code == 422
    assert not CalendarDay.objects.exists()


def test_keywords_of_a_category_are_stored_without_duplicates(town: Town, signed_in: SignedIn) -> None:
    category = town.categories["RUBBISH"]
    form = {"name": "暴露垃圾", "name_en": category.name_en, "keywords": "垃圾 恶臭\n垃圾 苍蝇"}
    form |= {"active": "on", "visit_required": "on", "reason": "来件里常见这些词"}
    signed_in("admin").post(f"/desk/admin/categories/{category.pk}/", form)
    category.refresh_from_db()
    assert category.keywords == ["垃圾", "恶臭", "苍蝇"]
    entry = Entry.objects.get(object_type="cases.category")
    assert (entry.after["keywords"], entry.after["reason"]) == (["垃圾", "恶臭", "苍蝇"], "来件里常见这些词")
    long = {**form, "keywords": "长" * 21}
    assert signed_in("admin").post(f"/desk/admin/categories/{category.pk}/", long).status_code == 422


def test_an_account_of_the_offices_provider_is_linked_on_the_page_of_the_user(
    town: Town, signed_in: SignedIn, settings: Any
) -> None:
    client, user = signed_in("admin"), town.users["cleaner"]
    address = f"/desk/admin/people/{user.pk}/"
    assert "单位账号" not in client.get(address).content.decode()
    settings.JIEDAO_OIDC = OidcSettings("https://login.example.cn", "jiedao")
    row = ProviderAccount.objects.create(issuer="https://login.example.cn", subject="u-7", label="<b>何平")
    page = client.get(address).content.decode()
    assert f'<option value="{row.pk}">{row.pk} · &lt;b&gt;何平</option>' in page
    page = client.post(f"{address}link/", {"number": row.pk}, follow=True).content.decode()
    assert "已关联单位账号" in page
    assert f'action="{address}unlink/"' in page
    assert "此人已经关联" in client.post(f"{address}link/", {"subject": "u-8"}, follow=True).content.decode()
    client.post(f"{address}unlink/")
    assert not ProviderAccount.objects.exists()
