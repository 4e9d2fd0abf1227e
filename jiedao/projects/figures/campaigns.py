"""Campaigns as a source of figures: what is done of a campaign in a period, in its own measure.

A spec: `{"source": "campaigns", "campaign": "stock2020"}`. The amounts are those of the campaign's feed, or those that
people entered with a document. Amounts before its first day and after today do not count. Splits: area, month.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel import figures
from jiedao.kernel.figures import AREA, MONTH, Reading, RowsLink, Spec, check_keys, check_splits
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.periods import Period
from jiedao.kernel.snapshots import read_once
from jiedao.orgs.figure_keys import NOWHERE, find_community
from jiedao.projects.models.promises import Campaign
from jiedao.projects.pack.tables import PROMISES
from jiedao.projects.selectors.campaigns import clip_period, read_done

ROWS = "projects.entries"
SPLITS = frozenset({AREA, MONTH})


class CampaignSource:
    """Answers the specs whose source is "campaigns"."""

    def check(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec, or with the feed of its campaign."""
        faults = check_keys(spec, {"campaign"})
        campaign = _find_campaign(spec)
        if campaign is None:
            return [*faults, _("没有专项行动 %(code)s") % {"code": spec.get("campaign")}]
        if campaign.feed is None:
            return faults
        if campaign.feed.get("source") == spec["source"]:  # it might feed itself
            return [*faults, _("专项行动不能从专项行动取数")]
        return faults + figures.check(campaign.feed, SPLITS)

    def check_in_pack(self, spec: Spec, pack: Pack, report: Report, splits: tuple[str, ...]) -> list[str]:
        """Return what is wrong with a measure's spec, compared with the campaigns of the pack.

        The feed of a campaign is checked with its campaign.
        """
        faults, known = check_keys(spec, {"campaign"}), pack.by_key(PROMISES, "campaign", "key")
        key = str(spec.get("campaign"))
        if key not in known:
            words = {"key": key, "hint": did_you_mean(key, known)}
            faults.append(_("没有专项行动 %(key)s。%(hint)s") % words)
        return faults or check_splits(splits, SPLITS)

    def read_unit_in_pack(self, spec: Spec, pack: Pack) -> str:
        """Return the unit of the campaign."""
        row = pack.by_key(PROMISES, "campaign", "key").get(str(spec.get("campaign")))
        return row.get("unit") if row is not None else ""

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the splits, the same for every campaign."""
        return SPLITS

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return what is done, the same for every viewer; two statements for each campaign."""
        campaigns = [_get_campaign(spec) for spec in specs]
        return [read_done(campaign, clip_period(campaign, period), splits) for campaign in campaigns]

    def find_beginning(self, spec: Spec) -> date | None:
        """Return the first day of the campaign."""
        return _get_campaign(spec).from_date

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the list behind the feed, or the entered amounts on the campaign's page."""
        campaign = _get_campaign(spec)
        period = clip_period(campaign, period)
        if campaign.feed is not None:
            return figures.list_rows(campaign.feed, period=period, where=where)
        query = {"from": period.first.isoformat(), "to": period.last.isoformat()}
        if AREA in where:
            community = find_community(where[AREA])
            query["area"] = str(community.id if community is not None else NOWHERE)
        return RowsLink(ROWS, (campaign.key,), tuple(query.items()))


def _find_campaign(spec: Spec) -> Campaign | None:
    key = str(spec.get("campaign"))
    return read_once(
        ("projects.campaign", key), lambda: Campaign.objects.filter(key=key, active=True).first()
    )


def _get_campaign(spec: Spec) -> Campaign:
    campaign = _find_campaign(spec)
    if campaign is None:
        raise LookupError(f"checked before: {spec['campaign']!r}")
    return campaign
