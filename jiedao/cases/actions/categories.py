"""Changing a category: its names, its keywords, and whether its cases are verified first."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.models import Category
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import Actor

MANAGE = "cases.category:manage"
MAX_WORDS = 60
MAX_WORD = 20
FIELDS = ("name", "name_en", "keywords", "verify_first", "visit_required", "active")


def clean_words(words: Sequence[str]) -> list[str]:
    """Return the keywords without blanks and repetitions; raise UserError when they are too many or too long."""
    cleaned = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if len(cleaned) > MAX_WORDS or any(len(word) > MAX_WORD for word in cleaned):
        raise UserError(
            _("关键词太多或太长。"),
            hint=_("最多 %(n)d 个，每个不超过 20 个字，用空格或换行分开。") % {"n": MAX_WORDS},
            field="keywords",
        )
    return cleaned


@transaction.atomic
def save_category(
    *,
    actor: Actor,
    category_id: int,
    name: str,
    name_en: str,
    keywords: Sequence[str],
    verify_first: bool,
    visit_required: bool,
    active: bool,
) -> Category:
    """Change a category. Its code stays, so that old cases keep their meaning, and no case that is filed changes."""
    actor.require(MANAGE)
    category = Category.objects.filter(pk=category_id).first()
    if category is None:
        raise NotFoundError(_("没有这个类别。"), hint=_("请回到类别表再选。"))
    title = " ".join(name.split())
    if not title or len(title) > 80:
        raise UserError(_("请填写类别名称。"), hint=_("1 到 80 个字。"), field="name")
    before = {field: getattr(category, field) for field in FIELDS}
    category.name, category.name_en = title, name_en.strip()[:160]
    category.keywords, category.verify_first = clean_words(keywords), verify_first
    category.visit_required, category.active = visit_required, active
    category.save()
    after = {field: getattr(category, field) for field in FIELDS}
    if before != after:
        record_entry(
            actor=actor,
            action=MANAGE,
            obj_type="cases.category",
            obj_id=category.pk,
            before={field: before[field] for field in FIELDS if before[field] != after[field]},
            after={field: after[field] for field in FIELDS if before[field] != after[field]},
        )
    transaction.on_commit(forget_all)
    return category
