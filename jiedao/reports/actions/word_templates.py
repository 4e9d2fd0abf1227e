"""Store an office's own Word template, and retire one."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files import storage
from jiedao.files.models import Blob
from jiedao.files.names import clean_name
from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.periods import Period
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.reports.models import EDIT, ReportTemplate, WordTemplate
from jiedao.reports.output.files import FORMATS
from jiedao.reports.selectors import fits_period
from jiedao.reports.word_templates.building import build_draft
from jiedao.reports.word_templates.filling import make_specimen, open_template

LONGEST_NAME = 40


def add_word_template(
    *,
    actor: Actor,
    template: ReportTemplate,
    name: str,
    content: bytes,
    file_name: str,
    period: Period,
    place: Place = TOWN,
) -> WordTemplate:
    """Store a Word file for the reports of a kind, in place of the one of that name; it is filled once to try it.

    Args:
        period, place: for which the file is tried; its figures must be known there.

    Raises:
        NotAllowed: no right. UserError: no name, another period, or a file that cannot be filled.
    """
    actor.require(EDIT)
    name = " ".join(make_storable(name).split())
    if not name or len(name) > LONGEST_NAME:
        raise UserError(
            _("请写模板的名称，最多 %(n)s 字。") % {"n": LONGEST_NAME}, hint=_("如“红头文件”。"), field="name"
        )
    if not fits_period(template, period):
        raise UserError(
            _("“%(name)s”是%(kind)s，不能用于 %(period)s。")
            % {"name": template.label, "kind": template.get_period_kind_display(), "period": period.label},
            hint=_("请写这种报告的一个时段，用它试填一次。"),
            field="period",
        )
    open_template(content, file_name)
    build_draft(content, make_specimen(), period, place)
    with transaction.atomic():
        before = WordTemplate.objects.select_for_update().filter(template=template, name=name, active=True)
        replaced = list(before.values_list("blob__sha256", flat=True))
        before.update(active=False)
        blob, _created = Blob.objects.get_or_create(
            sha256=storage.save_content(content),
            defaults={"size": len(content), "content_type": FORMATS["docx"]},
        )
        stored = WordTemplate.objects.create(
            template=template,
            name=name,
            blob=blob,
            file_name=clean_name(file_name, ".docx", name),
            uploaded_by_id=actor.user_id,
            uploaded_at=clock.now(),
        )
        _record(actor, "add", stored, before={"digest": replaced[0]} if replaced else None)
    return stored


def retire_word_template(*, actor: Actor, template_id: int) -> WordTemplate:
    """Retire a Word template; the files that were made with it stay as they are.

    Raises:
        NotAllowed: no right. NotFoundError: there is none, or it is retired.
    """
    actor.require(EDIT)
    with transaction.atomic():
        stored = WordTemplate.objects.select_for_update().filter(pk=template_id, active=True).first()
        if stored is None:
            raise NotFoundError(_("没有这个 Word 模板。"), hint=_("请从列表中选择。"))
        stored.active = False
        stored.save(update_fields=["active"])
        _record(actor, "retire", stored)
    return stored


def _record(actor: Actor, verb: str, stored: WordTemplate, before: dict[str, str] | None = None) -> None:
    after = {"report": stored.template.key, "name": stored.name, "digest": stored.blob.sha256}
    record_entry(
        actor=actor,
        action=f"reports.word_template:{verb}",
        obj_type="reports.word_template",
        obj_id=stored.pk,
        before=before,
        after=after,
    )
