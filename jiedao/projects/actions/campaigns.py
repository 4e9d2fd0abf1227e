"""Split the target of a campaign, and enter amounts for campaigns that do not read them from a register.

`adding` adds a campaign that no pack contains.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files.actions import attach_files, check_uploads
from jiedao.kernel import clock
from jiedao.kernel.client_keys import find_sent_before
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.places.models import Area, AreaKind
from jiedao.projects.models.promises import Campaign, CampaignEntry, Quota
from jiedao.projects.promise_access import get_campaign, require_work_for_unit
from jiedao.projects.splitting import find_split_gap, list_months_between

MOST_AMOUNT = Decimal(10) ** 11


def split_campaign(
    *, actor: Actor, key: str, areas: Mapping[int, Decimal], months: Mapping[date, Decimal]
) -> None:
    """Replace the quotas of a campaign.

    Args:
        areas: id of a community -> amount; empty for no split by community.
        months: first day of a month -> amount; empty for no split by month.

    Raises:
        NotAllowed: the actor does not work for the unit of the campaign. NotFoundError: out of scope.
        UserError: a negative part, an area that is no community, a month outside the campaign, or a split that does
            not add up; the message names the difference.
    """
    with transaction.atomic():
        campaign = get_campaign(actor, key, for_change=True)
        require_work_for_unit(actor, campaign.unit_id)
        months_allowed = list_months_between(campaign.from_date, campaign.due_date)
        community_count = Area.objects.filter(
            pk__in=list(areas), kind=AreaKind.COMMUNITY, active=True
        ).count()
        if community_count != len(areas):
            raise UserError(_("只能分解到社区。"), hint=_("请选择本街道的社区。"), field="areas")
        outside = [month for month in months if month not in months_allowed]
        if outside:
            raise UserError(
                _("%(month)s 不在活动期内。") % {"month": f"{outside[0]:%Y-%m}"},
                hint=_("请填 %(first)s 至 %(last)s 之间的月份。")
                % {"first": f"{months_allowed[0]:%Y-%m}", "last": f"{months_allowed[-1]:%Y-%m}"},
                field="months",
            )
        _check_split(campaign.target, list(areas.values()), "areas")
        _check_split(campaign.target, list(months.values()), "months")
        before = _format_quotas(
            Quota.objects.filter(campaign=campaign).values_list("area_id", "month", "amount")
        )
        Quota.objects.filter(campaign=campaign).delete()
        Quota.objects.bulk_create(
            [Quota(campaign=campaign, area_id=pk, amount=amount) for pk, amount in areas.items()]
            + [Quota(campaign=campaign, month=month, amount=amount) for month, amount in months.items()]
        )
        Campaign.objects.filter(pk=campaign.pk).update(split_at=clock.now())
        after = _format_quotas(
            Quota.objects.filter(campaign=campaign).values_list("area_id", "month", "amount")
        )
        record_entry(
            actor=actor,
            action="projects.campaign:split",
            obj_type="projects.campaign",
            obj_id=campaign.pk,
            before=before,
            after=after,
        )


def _check_split(target: Decimal, parts: list[Decimal], field: str) -> None:
    if any(part < 0 for part in parts):
        raise UserError(_("分解数不能小于 0。"), hint=_("请改正后再提交。"), field=field)
    gap = find_split_gap(target, parts)
    if gap is not None:
        message = _("按社区分解：%(why)s。") if field == "areas" else _("按月分解：%(why)s。")
        raise UserError(message % {"why": gap.words}, hint=_("请调整各项，使合计等于目标。"), field=field)


def _format_quotas(rows: Iterable[tuple[Any, date | None, Decimal]]) -> dict[str, str]:
    amounts = {(month.isoformat() if month else f"area {area}"): str(amount) for area, month, amount in rows}
    return dict(sorted(amounts.items()))


def _check_entry(campaign: Campaign, day: date, amount: Decimal, document: str) -> None:
    if not document:
        raise UserError(_("没有写明依据文件。"), hint=_("请写文号或名称。"), field="document")
    if not campaign.from_date <= day <= clock.today():
        raise UserError(
            _("%(day)s 不能作为日期。") % {"day": day},
            hint=_("请填 %(since)s 至今天之间的日期。") % {"since": campaign.from_date},
            field="day",
        )
    if not amount.is_finite() or amount == 0 or abs(amount) >= MOST_AMOUNT or amount != round(amount, 4):
        raise UserError(_("数量不能是 %(n)s。") % {"n": amount}, hint=_("最多四位小数。"), field="amount")


def add_entry(
    *,
    actor: Actor,
    key: str,
    day: date,
    amount: Decimal,
    document: str,
    area: Area | None = None,
    attachments: Sequence[int] = (),
    client_uuid: uuid.UUID | None = None,
) -> CampaignEntry:
    """Enter an amount in the campaign's measure, with the document that proves it. A correction is negative.

    A second call with the same client_uuid returns the first entry.

    Raises:
        NotAllowed: the actor does not work for the unit of the campaign. NotFoundError: out of scope.
        UserError: no document, an impossible day or amount, or a campaign that reads its amounts from a register.
    """
    with transaction.atomic():
        campaign = get_campaign(actor, key, for_change=True)
        require_work_for_unit(actor, campaign.unit_id)
        if campaign.feed is not None:
            raise UserError(
                _("“%(name)s”的数量取自台账，不能另行填报。") % {"name": campaign.label},
                hint=_("请到台账中登记或更改记录，这里会自动更新。"),
            )
        existing = find_sent_before(CampaignEntry, client_uuid, campaign_id=campaign.pk)
        if existing is not None:
            return existing
        clean = " ".join(make_storable(document).split())[:200]
        _check_entry(campaign, day, amount, clean)
        check_uploads(actor, attachments)
        entry = CampaignEntry.objects.create(
            campaign=campaign,
            date=day,
            area=area,
            amount=amount,
            document=clean,
            entered_by=actor.label[:120],
            at=clock.now(),
            client_uuid=client_uuid,
        )
        attach_files(actor, "projects.entry", entry.pk, attachments)
        record_entry(
            actor=actor,
            action="projects.campaign:enter",
            obj_type="projects.campaign",
            obj_id=campaign.pk,
            before=None,
            after={"entry": entry.pk, "date": day.isoformat(), "amount": str(amount), "document": clean},
        )
    return entry
