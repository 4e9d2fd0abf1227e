"""Forms of the administration. They check the format of what was typed; the actions check everything else."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from jiedao.orgs.actor import Actor
from jiedao.orgs.granting import may_give_right
from jiedao.orgs.models import Post, Scope, Unit, UnitKind
from jiedao.orgs.scopes import SCOPE_LABELS
from jiedao.orgs.units import UNITS
from jiedao.pages.fields import DayField
from jiedao.pages.right_names import get_right_name, list_rights
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, area_text

Choices = list[tuple[Any, str]]


def _make_date_field(label: Any, **more: Any) -> DayField:
    return DayField(label=label, required=False, **more)


def get_unit_choices() -> Choices:
    """Return the active units."""
    return [(row.id, row.label) for row in UNITS.get().values() if row.active]


def get_area_choices(*, grids: bool = True) -> Choices:
    """Return the areas; a grid is named with its community."""
    rows = AREAS.get().values()
    return [(row.id, area_text(row.path)) for row in rows if grids or row.kind != AreaKind.GRID]


def get_post_choices() -> Choices:
    """Return the active posts, grouped by unit."""
    posts_by_unit: dict[str, list[tuple[int, str]]] = {}
    for post in Post.objects.filter(active=True).select_related("unit").order_by("unit_id", "id"):
        posts_by_unit.setdefault(post.unit.label, []).append((post.pk, f"{post.label}（{post.code}）"))
    return list(posts_by_unit.items())  # type: ignore[arg-type]


def _add_empty_choice(choices: Choices, label: str) -> Choices:
    return [("", label), *choices]


class UserForm(forms.Form):
    """A new account."""

    username = forms.CharField(
        label=_("账号"), max_length=40, help_text=_("小写字母、数字、点、下划线、短横；建好后不能改。")
    )
    full_name = forms.CharField(label=_("姓名"), max_length=60)


class RenameForm(forms.Form):
    """The name of a user."""

    full_name = forms.CharField(label=_("姓名"), max_length=60)


class HoldingForm(forms.Form):
    """A post that a user holds, with its areas and its first and last day."""

    post = forms.TypedChoiceField(label=_("岗位"), coerce=int)
    areas = forms.TypedMultipleChoiceField(
        label=_("负责的区域"), coerce=int, required=False, help_text=_("不选则为单位的辖区；可多选。")
    )
    from_date = _make_date_field(_("起"))
    to_date = _make_date_field(_("止"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["post"].choices = _add_empty_choice(get_post_choices(), _t("请选择"))  # type: ignore[attr-defined]
        self.fields["areas"].choices = get_area_choices()  # type: ignore[attr-defined]
        self.fields["areas"].widget.attrs["size"] = "6"


class PostEditForm(forms.Form):
    """The title, rights and scope of a post."""

    title = forms.CharField(label=_("岗位"), max_length=60)
    title_en = forms.CharField(label=_("英文名称"), max_length=100, required=False)
    scope = forms.ChoiceField(label=_("能看到"), choices=lambda: Scope.choices)
    superior = forms.TypedChoiceField(
        label=_("上级岗位"), coerce=int, required=False, empty_value=None, help_text=_("超期时逐级上报给它。")
    )
    permissions = forms.MultipleChoiceField(
        label=_("权限"), required=False, widget=forms.CheckboxSelectMultiple
    )
    active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, actor: Actor, held: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rights = [right for right in list_rights() if right in held or may_give_right(actor, right)]
        self.fields["permissions"].choices = [(right, get_right_name(right)) for right in rights]  # type: ignore[attr-defined]
        self.fields["superior"].choices = _add_empty_choice(get_post_choices(), _t("没有"))  # type: ignore[attr-defined]


class PostNewForm(PostEditForm):
    """A new post."""

    code = forms.CharField(label=_("代码"), max_length=40, help_text=_("例如 ZHIFA.HANDLER；建好后不能改。"))
    unit = forms.TypedChoiceField(label=_("单位"), coerce=int, choices=get_unit_choices)
    field_order = ["code", "unit", "title"]


class UnitEditForm(forms.Form):
    """A unit."""

    name = forms.CharField(label=_("名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=120, required=False)
    kind = forms.ChoiceField(label=_("类型"), choices=lambda: UnitKind.choices)
    parent = forms.TypedChoiceField(label=_("上级单位"), coerce=int, required=False, empty_value=None)
    area = forms.TypedChoiceField(
        label=_("辖区"), coerce=int, required=False, empty_value=None, help_text=_("任职未写区域时，按辖区。")
    )
    active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [(unit.pk, unit.label) for unit in Unit.objects.filter(active=True).order_by("id")]
        self.fields["parent"].choices = _add_empty_choice(rows, _t("没有"))  # type: ignore[attr-defined]
        self.fields["area"].choices = _add_empty_choice(get_area_choices(grids=False), _t("没有"))  # type: ignore[attr-defined]


class UnitNewForm(UnitEditForm):
    """A new unit."""

    code = forms.CharField(label=_("代码"), max_length=40, help_text=_("字母和数字；建好后不能改。"))
    field_order = ["code", "name"]


class DayForm(forms.Form):
    """A day of the calendar."""

    day = DayField(label=_("日期"))
    is_workday = forms.TypedChoiceField(
        label=_("这一天"), choices=[("0", _("放假")), ("1", _("上班"))], coerce=lambda text: text == "1"
    )
    name = forms.CharField(label=_("说明"), max_length=40, required=False)


class HoursForm(forms.Form):
    """The office hours."""

    hours = forms.CharField(
        label=_("办公时间"), max_length=120, help_text=_("写成 09:00-12:00 14:00-18:00 的样子。")
    )


class TokenForm(forms.Form):
    """A new API token."""

    username = forms.CharField(label=_("账号"), max_length=40, help_text=_("令牌以这个人的身份办事。"))
    name = forms.CharField(label=_("用途"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=_("范围"),
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: list(SCOPE_LABELS.items()),
        help_text=_("只勾选那个系统用得到的；岗位没有的权限，勾选了也没有。"),
    )
    expires = _make_date_field(_("有效期至"), help_text=_("不填则为 90 天。"))
    never_expires = forms.BooleanField(label=_("长期有效"), required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a last day together with none."""
        data = super().clean() or self.cleaned_data
        if data.get("expires") and data.get("never_expires"):
            self.add_error("expires", _("写了有效期，就不要勾选“长期有效”。"))
        return data
