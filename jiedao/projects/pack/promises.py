"""The promises of a pack: campaigns with quotas, responsibility items, aid. What people did with them stays."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count

from jiedao.packs.desired import Values, texts
from jiedao.packs.pack import Pack
from jiedao.packs.reading import Row
from jiedao.projects.models.promises import Campaign, CampaignEntry, Pledge, Quota

FILE = "promises.toml"
CAMPAIGN_COLUMNS = (
    "key", "name", "name_en", "handed_by", "measure", "measure_en", "factor", "digits", "target", "from_date",
    "due_date", "feed", "note", "position",
)  # fmt: skip


def number(value: Any) -> Decimal:
    """Return a number of a pack as it is written: 35.42 is not 35.4200000001."""
    return Decimal(str(value))


def month_of(text: str) -> date | None:
    """Return the first day of a month written 2020-06; None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def campaigns(pack: Pack) -> dict[str, Values]:
    """Return every campaign."""
    return {
        key: {
            **texts(row, "key", "name", "name_en", "handed_by", "unit", "measure", "measure_en", "note"),
            "factor": number(row.values.get("factor", 1)),
            "digits": row.values.get("digits", 2),
            "target": number(row.values["target"]),
            "from_date": row.values["from_date"],
            "due_date": row.values["due_date"],
            "feed": row.values.get("feed"),
            "position": row.values.get("position", place),
        }
        for place, (key, row) in enumerate(pack.coded(FILE, "campaign", "key").items())
    }


def quota_key(values: Values) -> str:
    """Return the key of a quota: its campaign and its area or month."""
    month = values["month"]
    return f"{values['campaign']} {values['area'] or f'{month:%Y-%m}'}"


def quotas(pack: Pack) -> dict[str, Values]:
    """Return every quota: the pack's, and for campaigns that people split, or that the pack no longer has, theirs.

    A split of people holds as long as it adds up to the target of the pack.
    """
    targets = {key: values["target"] for key, values in campaigns(pack).items()}
    theirs = _kept_splits(targets)
    rows = [_quota(row) for row in pack.rows(FILE, "quota")]
    found = {quota_key(values): values for values in rows if values["campaign"] not in theirs}
    return found | {quota_key(values): values for kept in theirs.values() for values in kept}


def _quota(row: Row) -> Values:
    month = row.values.get("month")
    return {
        **texts(row, "campaign", "area"),
        "month": month_of(month) if month else None,
        "amount": number(row.values["amount"]),
    }


def _kept_splits(targets: dict[str, Decimal]) -> dict[str, list[Values]]:
    """Return by campaign the quotas in the database that the pack leaves alone."""
    split = dict(Campaign.objects.values_list("key", "split_at"))
    rows: dict[str, list[Values]] = {key: [] for key, at in split.items() if at or key not in targets}
    columns = ("campaign__key", "area__code", "month", "amount")
    for key, area, month, amount in Quota.objects.values_list(*columns):
        if key in rows:
            rows[key].append({"campaign": key, "area": area or "", "month": month, "amount": amount})
    return {key: kept for key, kept in rows.items() if key not in targets or _whole(kept, targets[key])}


def _whole(kept: list[Values], target: Decimal) -> bool:
    parts = [[one["amount"] for one in kept if bool(one["area"]) == by_area] for by_area in (True, False)]
    return all(sum(amounts) == target for amounts in parts if amounts)


def pledges(pack: Pack) -> dict[str, Values]:
    """Return every responsibility item and decision."""
    return {
        code: {
            **texts(row, "kind", "code", "text", "text_en", "source", "unit"),
            "due_date": row.values["due_date"],
            "helpers": sorted(row.values.get("helpers", [])),
        }
        for code, row in pack.coded(FILE, "pledge").items()
    }


def partners(pack: Pack) -> dict[str, Values]:
    """Return every partner place."""
    rows = pack.coded(FILE, "partner", "key").items()
    return {key: texts(row, "key", "name", "name_en", "relation", "unit", "note") for key, row in rows}


def commitments(pack: Pack) -> dict[str, Values]:
    """Return every promise of money."""
    rows = pack.coded(FILE, "commitment", "key").items()
    return {
        key: {**texts(row, "key", "partner", "purpose", "purpose_en", "document"), **_money(row)}
        for key, row in rows
    }


def payments(pack: Pack) -> dict[str, Values]:
    """Return every payment."""
    rows = pack.coded(FILE, "payment", "key").items()
    return {key: {**texts(row, "key", "commitment", "document"), **_money(row)} for key, row in rows}


def _money(row: Row) -> Values:
    return {"amount": number(row.values["amount"]), "date": row.values["date"]}


def unread_entries(wanted: dict[str, Values], current: dict[str, Values]) -> dict[str, str]:
    """Return by campaign that entered amounts will no longer count, where it now reads records."""
    reads = [
        key
        for key, values in wanted.items()
        if values["feed"] and key in current and not current[key]["feed"]
    ]
    entered = CampaignEntry.objects.filter(campaign__key__in=reads).values_list("campaign__key")
    counts = entered.annotate(n=Count("pk"))
    return {key: f"its {n} entered amounts stay readable and no longer count" for key, n in counts}


def overtaken(wanted: dict[str, Values], current: dict[str, Values]) -> dict[str, str]:
    """Return by pledge why its day cannot change: people have extended it to an earlier one."""
    later = Pledge.objects.filter(extended_date__isnull=False).values_list("code", "extended_date")
    return {
        code: f"people extended it to {day}: write an earlier due_date"
        for code, day in later
        if code in wanted
        and wanted[code]["due_date"] >= day
        and current[code]["due_date"] != wanted[code]["due_date"]
    }
