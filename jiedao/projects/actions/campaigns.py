"""Splitting a campaign's target, and entering what was done where no register says it."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record
from jiedao.files.actions import attach, check_waiting
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import storable
from jiedao.orgs.actor import Actor
from jiedao.places.models import Area, AreaKind
from jiedao.projects.models.promises import Campaign, CampaignEntry, Quota
from jiedao.projects.promise_access import get_campaign, need_unit
from jiedao.projects.splitting import months_between, split_gap

MOST = Decimal(10) ** 11


def split_campaign(
    *, actor: Actor, key: str, areas: Mapping[int, Decimal], months: Mapping[date, Decimal]
) -> None:
    """Replace the quotas of a campaign.

    Args:
        areas: id of a community -> amount.  months: first day of a month -> amount. Either may be empty: not split.

    Raises:
        UserError: a part below nought, an area that is no community, a month outside the campaign, or a split that
            does not add up, with the amount that is missing or too much.
    """
    with transaction.atomic():
        campaign = get_campaign(actor, key, for_change=True)
        need_unit(actor, campaign.unit_id)
        allowed = months_between(campaign.from_date, campaign.due_date)
        known = Area.objects.filter(pk__in=list(areas), kind=AreaKind.COMMUNITY, active=True).count()
        if known != len(areas):
            raise UserError(_("只能分解到社区。"), hint=_("请选择本街道的社区。"), field="areas")
        outside = [month for month in months if month not in allowed]
        if outside:
            raise UserError(
                _("%(month)s 不在活动期内。") % {"month": f"{outside[0]:%Y-%m}"},
                hint=_("请填 %(first)s 至 %(last)s 之间的月份。")
                % {"first": f"{allowed[0]:%Y-%m}", "last": f"{allowed[-1]:%Y-%m}"},
                field="months",
            )
        _need_whole(campaign.target, list(areas.values()), "areas")
        _need_whole(campaign.target, list(months.values()), "months")
        before = _as_json(Quota.objects.filter(campaign=campaign).values_list("area_id", "month", "amount"))
        Quota.objects.filter(campaign=campaign).delete()
        Quota.objects.bulk_create(
            [Quota(campaign=campaign, area_id=pk, amount=amount) for pk, amount in areas.items()]
            + [Quota(campaign=campaign, month=month, amount=amount) for month, amount in months.items()]
        )
        Campaign.objects.filter(pk=campaign.pk).update(split_at=clock.now())
        after = _as_json(Quota.objects.filter(campaign=campaign).values_list("area_id", "month", "amount"))
        record(
            actor=actor, action="projects.campaign:split", obj_type="projects.campaign", obj_id=campaign.pk,
            before=before, after=after,
        )  # fmt: skip


def _need_whole(target: Decimal, parts: list[Decimal], field: str) -> None:
    if any(part < 0 for part in parts):
        raise UserError(_("分解数不能小于 0。"), hint=_("请改正后再提交。"), field=field)
    gap = split_gap(target, parts)
    if gap is not None:
        words = _("按社区分解：%(why)s。") if field == "areas" else _("按月分解：%(why)s。")
        raise UserError(words % {"why": gap.words}, hint=_("请调整各项，使合计等于目标。"), field=field)


def _as_json(rows: Iterable[tuple[Any, date | None, Decimal]]) -> dict[str, str]:
    found = {(month.isoformat() if month else f"area {area}"): str(amount) for area, month, amount in rows}
    return dict(sorted(found.items()))


def add_entry(
    *, actor: Actor, key: str, day: date, amount: Decimal, document: str, area: Area | None = None,
    attachments: Sequence[int] = (), client_uuid: uuid.UUID | None = None,
) -> CampaignEntry:  # fmt: skip
    """Enter an amount in the campaign's measure, with the document that says it; a correction is negative.

    A second call with the same client_uuid returns the first entry. Raises UserError for a campaign that reads records:
    nothing is typed twice.
    """
    with transaction.atomic():
        campaign = get_campaign(actor, key, for_change=True)
        need_unit(actor, campaign.unit_id)
        if campaign.feed is not None:
            raise UserError(
                _("“%(name)s”的数量取自台账，不能另行填报。") % {"name": campaign.label},
                hint=_("请到台账中登记或更改记录，这里会自动更新。"),
            )
        if client_uuid is not None:
            known: CampaignEntry | None = CampaignEntry.objects.filter(client_uuid=client_uuid).first()
            if known is not None:
                return known
        clean = " ".join(storable(document).split())[:200]
        if not clean:
            raise UserError(_("没有写明依据文件。"), hint=_("请写文号或名称。"), field="document")
        if not campaign.from_date <= day <= clock.today():
            raise UserError(
                _("%(day)s 不能作为日期。") % {"day": day},
                hint=_("请填 %(since)s 至今天之间的日期。") % {"since": campaign.from_date},
                field="day",
            )
        if not amount.is_finite() or amount == 0 or abs(amount) >= MOST or amount != round(amount, 4):
            raise UserError(_("数量不能是 %(n)s。") % {"n": amount}, hint=_("最多四位小数。"), field="amount")
        check_waiting(actor, attachments)
        made = CampaignEntry.objects.create(
            campaign=campaign, date=day, area=area, amount=amount, document=clean,
            entered_by=actor.label[:120], at=clock.now(), client_uuid=client_uuid,
        )  # fmt: skip
        attach(actor, "projects.entry", made.pk, attachments)
        record(
            actor=actor, action="projects.campaign:enter", obj_type="projects.campaign", obj_id=campaign.pk,
            before=None,
            after={"entry": made.pk, "date": day.isoformat(), "amount": str(amount), "document": clean},
        )  # fmt: skip
    return made
