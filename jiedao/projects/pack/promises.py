"""The sections of promises: campaigns with quotas, responsibility items, aid. What people entered stays unchanged."""

from datetime import date
from decimal import Decimal

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.kernel.packs.comparing import Comparison
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import Retire, RowIds, TableSection
from jiedao.projects.models.promises import (
    Campaign,
    CampaignEntry,
    Commitment,
    Partner,
    Payment,
    Pledge,
    Quota,
)
from jiedao.projects.pack.tables import CAMPAIGN, COMMITMENT, PARTNER, PAYMENT, PLEDGE, PROMISES


def parse_month(text: str) -> date | None:
    """Return the first day of a month written 2020-06; None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


class CampaignSection(TableSection):
    """A target with its dates and the feed of its amounts."""

    kind, model = "campaign", Campaign
    file, table = PROMISES, CAMPAIGN
    key_columns = ("key",)
    links = {"unit": "unit"}
    after = ("register",)  # a feed reads records of a register
    numbered = True

    def read_current(self, ids: RowIds) -> dict[str, Values]:
        """Return the stored campaigns, and remember which of them users added on a page."""
        self.added = set(Campaign.objects.filter(added_at__isnull=False).values_list("key", flat=True))
        return super().read_current(ids)

    def may_retire(self, key: str) -> bool:
        """Return whether the campaign came from a pack: those that users added stay."""
        return key not in self.added

    def find_notes(self, comparison: Comparison) -> dict[str, str]:
        """Return a note for each campaign that will read records, so that its entered amounts no longer count."""
        newly_fed = [
            key
            for key, values in comparison.wanted.items()
            if values["feed"] and key in comparison.current and not comparison.current[key]["feed"]
        ]
        entries = CampaignEntry.objects.filter(campaign__key__in=newly_fed).values_list("campaign__key")
        return {
            key: ngettext(
                "手工填的 %(n)d 个数还能看，不再计入。", "手工填的 %(n)d 个数还能看，不再计入。", count
            )
            % {"n": count}
            for key, count in entries.annotate(count=Count("pk"))
        }


class QuotaSection(TableSection):
    """The share of a campaign's target for one area or one month."""

    kind, model = "quota", Quota
    columns = ("month", "amount")
    links = {"campaign": "campaign", "area": "area"}
    retire = Retire.DELETE

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return the quotas of the pack; for campaigns that users have split or that left the pack, the stored quotas.

        A user's split stays as long as it adds up to the target in the pack.
        """
        targets = {key: row.values["target"] for key, row in pack.by_key(PROMISES, "campaign", "key").items()}
        stored_splits = _find_stored_splits(targets)
        quotas = [_read_quota(row) for row in pack.rows(PROMISES, "quota")]
        quotas = [values for values in quotas if values["campaign"] not in stored_splits]
        quotas += [values for split in stored_splits.values() for values in split]
        return {self.make_key(values): values for values in quotas}

    def make_key(self, values: Values) -> str:
        """Return the key of a quota: its campaign and its area or month."""
        month = values["month"]
        return f"{values['campaign']} {values['area'] or f'{month:%Y-%m}'}"


def _read_quota(row: Row) -> Values:
    month = row.values.get("month")
    return {
        "campaign": row.get("campaign"),
        "area": row.get("area"),
        "month": parse_month(month) if month else None,
        "amount": row.values["amount"],
    }


def _find_stored_splits(targets: dict[str, Decimal]) -> dict[str, list[Values]]:
    """Return the stored quotas that the pack leaves unchanged, by campaign."""
    split_at_by_key = dict(Campaign.objects.values_list("key", "split_at"))
    quotas: dict[str, list[Values]] = {
        key: [] for key, at in split_at_by_key.items() if at or key not in targets
    }
    columns = ("campaign__key", "area__code", "month", "amount")
    for key, area, month, amount in Quota.objects.values_list(*columns):
        if key in quotas:
            quotas[key].append({"campaign": key, "area": area or "", "month": month, "amount": amount})
    return {key: rows for key, rows in quotas.items() if key not in targets or _adds_up(rows, targets[key])}


def _adds_up(quotas: list[Values], target: Decimal) -> bool:
    splits = [
        [quota["amount"] for quota in quotas if bool(quota["area"]) == by_area] for by_area in (True, False)
    ]
    return all(sum(amounts) == target for amounts in splits if amounts)


class PledgeSection(TableSection):
    """A responsibility item or a decision of a meeting."""

    kind, model = "pledge", Pledge
    file, table = PROMISES, PLEDGE
    links = {"unit": "unit"}
    many = {"helpers": "unit"}
    retire = Retire.KEEP

    def find_blocked(self, comparison: Comparison) -> dict[str, str]:
        """Return the pledges whose due date cannot change, because users have extended them to an earlier day."""
        extended = Pledge.objects.filter(extended_date__isnull=False).values_list("code", "extended_date")
        wanted, current = comparison.wanted, comparison.current
        return {
            code: _("已经延期到 %(day)s：due_date 请写更早的一天。") % {"day": day}
            for code, day in extended
            if code in wanted
            and wanted[code]["due_date"] >= day
            and current[code]["due_date"] != wanted[code]["due_date"]
        }


class PartnerSection(TableSection):
    """A place that receives aid."""

    kind, model = "partner", Partner
    file, table = PROMISES, PARTNER
    key_columns = ("key",)
    links = {"unit": "unit"}


class CommitmentSection(TableSection):
    """Money that was promised to a partner."""

    kind, model = "commitment", Commitment
    file, table = PROMISES, COMMITMENT
    key_columns = ("key",)
    links = {"partner": "partner"}
    retire = Retire.KEEP


class PaymentSection(TableSection):
    """Money that was paid."""

    kind, model = "payment", Payment
    file, table = PROMISES, PAYMENT
    key_columns = ("key",)
    links = {"commitment": "commitment"}
    retire = Retire.KEEP
