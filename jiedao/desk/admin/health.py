"""The health of the office for its operator: what waits, what failed, and what has not run for too long."""

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.audit.models import Seal
from jiedao.audit.sealing import count_entries
from jiedao.delivery import selectors as deliveries
from jiedao.desk.admin.job_names import name_job
from jiedao.exchange.endpoints.selectors import list_endpoints
from jiedao.kernel import clock
from jiedao.kernel.backup_note import read_backup_note
from jiedao.kernel.health import find_database_fault
from jiedao.kernel.jobtable import measure_waiting
from jiedao.kernel.models import Job, JobState, Periodic

LATE = timedelta(minutes=5)  # after which a due job shows that no worker works
OLD_BACKUP = timedelta(days=2)
OLD_SEAL = timedelta(days=1)
LITTLE_SPACE = 2 * 1024**3
SHOWN_JOBS = 50
GOOD, WARN, BAD = "good", "warn", "bad"


@dataclass(frozen=True)
class Check:
    """One line of the page: what was checked, how it is, and where to do something about it."""

    label: str
    tone: str
    text: str
    hint: str = ""
    url: str = ""


@dataclass
class Health:
    """The checks and jobs that the page shows."""

    checks: list[Check] = field(default_factory=list)
    failed_jobs: list[tuple[str, Job]] = field(default_factory=list)
    periodic: list[dict[str, Any]] = field(default_factory=list)

    @property
    def tone(self) -> str:
        """The worst of all."""
        tones = {check.tone for check in self.checks}
        return BAD if BAD in tones else WARN if WARN in tones else GOOD


def read_health() -> Health:
    """Return the state of the office as it is now."""
    now = clock.real_now()
    return Health(
        checks=[
            _check_database(),
            _check_worker(now),
            _check_failed_jobs(),
            _check_backup(now),
            _check_space(),
            *_check_deliveries(),
            *_check_endpoints(),
            _check_seals(clock.now()),
        ],
        failed_jobs=[
            (name_job(job.name), job)
            for job in Job.objects.filter(state=JobState.FAILED).order_by("-finished_at")[:SHOWN_JOBS]
        ],
        periodic=_list_periodic(now),
    )


def _check_database() -> Check:
    fault = find_database_fault()
    return Check(_("数据库"), BAD if fault else GOOD, fault or _("正常"))


def describe_span(seconds: float) -> str:
    """Return a span in the largest unit that fits."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return _("%(n)d 分钟") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)d 小时") % {"n": minutes // 60}
    return ngettext("%(n)d 天", "%(n)d 天", minutes // 1440) % {"n": minutes // 1440}


def _check_worker(now: datetime) -> Check:
    seconds = measure_waiting(now)
    waiting = Job.objects.filter(state=JobState.PENDING, run_at__lte=now).count()
    if seconds > LATE.total_seconds():
        return Check(
            _("后台任务"),
            BAD,
            _("最早的一项已等了 %(span)s，没有程序在执行。") % {"span": describe_span(seconds)},
            _("请检查 jiedao worker 是否在运行。"),
        )
    return Check(_("后台任务"), GOOD, _("在执行，等待的有 %(n)d 项") % {"n": waiting})


def _check_failed_jobs() -> Check:
    count = Job.objects.filter(state=JobState.FAILED).count()
    if not count:
        return Check(_("失败的后台任务"), GOOD, _("没有"))
    return Check(
        _("失败的后台任务"),
        BAD,
        _("%(n)d 项") % {"n": count},
        _("原因见下表；改好后点“再运行一次”。"),
        "#failed",
    )


def _check_backup(now: datetime) -> Check:
    note = read_backup_note()
    if note is None:
        return Check(
            _("备份"), BAD, _("这台机器上还没有做过备份。"), _("请每天运行 jiedao backup，见“备份”说明。")
        )
    text = _("%(at)s，%(mb).1f MB，%(folder)s") % {
        "at": f"{note.at.astimezone(clock.TOWN_TZ):%Y-%m-%d %H:%M}",
        "mb": note.size / 1e6,
        "folder": note.folder,
    }
    if note.missing:
        return Check(_("备份"), BAD, text, _("有 %(n)d 个附件丢失或损坏。") % {"n": note.missing})
    is_old = now - note.at > OLD_BACKUP
    hint = _("已超过两天，请检查定时备份。") if is_old else ""
    return Check(_("备份"), WARN if is_old else GOOD, text, hint)


def _check_space() -> Check:
    usage = shutil.disk_usage(settings.JIEDAO_DATA)
    text = _("还剩 %(free).1f GB，共 %(total).1f GB") % {"free": usage.free / 1e9, "total": usage.total / 1e9}
    is_little = usage.free < LITTLE_SPACE
    hint = _("请腾出空间：磁盘满了就不能再登记。") if is_little else ""
    return Check(_("磁盘空间"), BAD if is_little else GOOD, text, hint)


def _check_deliveries() -> list[Check]:
    lines = []
    for channel in deliveries.list_channels():
        if not (channel.waiting or channel.lost or channel.server):
            continue
        text = _("等待 %(waiting)d 条，没有送到 %(lost)d 条") % {
            "waiting": channel.waiting,
            "lost": channel.lost,
        }
        label = _("消息：%(channel)s") % {"channel": channel.label}
        lines.append(Check(label, WARN if channel.lost else GOOD, text, url=reverse("desk:admin_deliveries")))
    return lines


def _check_endpoints() -> list[Check]:
    lines = []
    for line in list_endpoints():
        if not line.endpoint.active:
            continue
        text = _("等待 %(waiting)d 条，没有送到 %(lost)d 条") % {"waiting": line.waiting, "lost": line.failed}
        tone = BAD if line.fault and line.waiting else WARN if line.failed or line.fault else GOOD
        label = _("对接：%(name)s") % {"name": line.endpoint.name}
        url = reverse("desk:admin_endpoint", args=[line.endpoint.code])
        lines.append(Check(label, tone, text, line.fault, url))
    return lines


def _check_seals(now: datetime) -> Check:
    """Compare by the clock of the town, which seals bear."""
    _sealed, unsealed = count_entries()
    last = Seal.objects.order_by("-pk").first()
    is_old = unsealed > 0 and last is not None and now - last.at > OLD_SEAL
    text = _("等待封存 %(n)s 条") % {"n": f"{unsealed:,}"}
    return Check(_("审计封存"), WARN if is_old else GOOD, text)


def _list_periodic(now: datetime) -> list[dict[str, Any]]:
    """Return the regular jobs: when each last ended well within the days that are stored, and when it is due next."""
    done = Job.objects.filter(state=JobState.DONE, name__in=Periodic.objects.values("name"))
    counts = done.values("name").annotate(runs=Count("id"), last_at=Max("finished_at")).order_by("name")
    last: dict[str, Any] = {row["name"]: row for row in counts}
    return [
        {
            "name": name_job(name),
            "code": name,
            "last_at": last.get(name, {}).get("last_at"),
            "runs": last.get(name, {}).get("runs", 0),
            "next_at": next_at,
            "late": now - next_at > LATE,
        }
        for name, next_at in Periodic.objects.order_by("name").values_list("name", "next_at")
    ]
