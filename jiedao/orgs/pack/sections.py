"""The sections of the office: units, posts, days that differ from the national calendar, and office hours."""

from datetime import time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.kernel import clock
from jiedao.kernel.calendar import set_hours
from jiedao.kernel.models import CalendarDay, OfficeHours
from jiedao.kernel.packs.comparing import CHANGE, Comparison, Item
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import Audit, Retire, RowIds, Section, TableSection
from jiedao.kernel.packs.tables import WAS
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.orgs.pack.posts import expand_posts
from jiedao.orgs.pack.tables import CALENDAR, DAY, UNIT, UNITS
from jiedao.orgs.unattended import UnattendedLine, describe_unattended, find_left_by_posts

HOURS = "hours"


class UnitSection(TableSection):
    """Departments, workstations, bureaux and contractors."""

    kind, model = "unit", Unit
    file, table = UNITS, UNIT
    links = {"parent": "unit", "area": "area"}


class PostSection(TableSection):
    """A role in a unit."""

    kind, model = "post", Post
    columns = ("code", "title", "title_en", "permissions", "scope")
    links = {"unit": "unit", "superior": "post"}

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return a post for each unit that has the role."""
        return {
            line.code: {
                "code": line.code,
                "unit": line.unit,
                "title": line.title,
                "title_en": line.title_en,
                "permissions": list(line.permissions),
                "scope": line.scope,
                "superior": line.superior,
            }
            for line in expand_posts(pack)
        }

    def read_was(self, pack: Pack) -> dict[str, list[str]]:
        """Return what each post was: its role, or one that the role was, in its unit or one that the unit was."""
        units = pack.by_key(UNITS, "unit")
        former: dict[str, list[str]] = {}
        for line in expand_posts(pack):
            role = line.code.removeprefix(f"{line.unit}.")
            old_units = [line.unit, *units[line.unit].values.get(WAS.name, ())]
            codes = [f"{unit}.{old}" for unit in old_units for old in (role, *line.former_roles)]
            if len(codes) > 1:
                former[line.code] = codes[1:]  # the first is its own
        return former

    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Compare the posts, and remember which of them another one follows."""
        self.succeeded = {old_key for old_keys in self.read_was(pack).values() for old_key in old_keys}
        return super().compare(pack, ids)

    def find_notes(self, comparison: Comparison) -> dict[str, str]:
        """Return how many people hold the posts that are retired, and who of them has no other post."""
        retired = {
            values["pk"]: key
            for key, values in self.find_retired(comparison).items()
            if key not in self.succeeded
        }
        notes = {
            key: _("之后没有人能办：%(work)s。") % {"work": describe_unattended(lines)}
            for key, lines in self._find_unattended(comparison, retired).items()
        }
        if not retired:
            return notes
        holdings = Holding.objects.on(clock.today())
        lost = list(
            holdings.filter(post_id__in=list(retired)).values_list("post_id", "user_id", "user__username")
        )
        others = holdings.filter(user_id__in={user_id for _post, user_id, _name in lost})
        employed = set(others.exclude(post_id__in=list(retired)).values_list("user_id", flat=True))
        for pk, key in retired.items():
            holders = [(user_id, name) for post_id, user_id, name in lost if post_id == pk]
            if holders:
                alone = sorted(name for user_id, name in holders if user_id not in employed)
                lost_rights = ngettext(
                    "%(n)d 人担任这个岗位，会失去它的权限。",
                    "%(n)d 人担任这个岗位，会失去它的权限。",
                    len(holders),
                ) % {"n": len(holders)}
                without = _("没有别的岗位的有：%(names)s。") % {"names": "、".join(alone)} if alone else ""
                notes[key] = " ".join(filter(None, [lost_rights, without, notes.get(key)]))
        return notes

    def _find_unattended(
        self, comparison: Comparison, retired: dict[int, str]
    ) -> dict[str, list[UnattendedLine]]:
        """Return what waits for nobody once all posts end or lose rights as planned, at the first of these posts."""
        rights: dict[int, list[str]] = {pk: [] for pk in retired}
        for key, wanted in comparison.wanted.items():
            stored = comparison.current.get(key)
            if stored is not None and set(stored["permissions"]) - set(wanted["permissions"]):
                rights[stored["pk"]] = wanted["permissions"]
        found: dict[str, list[UnattendedLine]] = {}
        keys = {values["pk"]: key for key, values in comparison.current.items()}
        for line, post_id in find_left_by_posts(rights) if rights else ():
            found.setdefault(keys[post_id], []).append(line)
        return found


class DaySection(TableSection):
    """Days on which the town differs from the national calendar. Days that the office has added itself stay."""

    kind, model = "day", CalendarDay
    file, table = CALENDAR, DAY
    key_columns = ("date",)
    columns = ("date", "is_workday", "name")
    retire = Retire.KEEP

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a day."""
        return {"date": row.values["date"], "is_workday": row.values["working"], "name": row.get("name")}


class HoursSection(Section):
    """The office hours: one item, whatever the number of rows. A pack without office hours leaves them unchanged."""

    kind = HOURS
    audit = Audit.PACK

    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Compare the hours as texts such as "09:00-12:00"."""
        wanted = list(pack.single(CALENDAR, "office").get("hours", []))
        stored = OfficeHours.objects.order_by("opens").values_list("opens", "closes")
        current = [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in stored]
        comparison = Comparison(HOURS, {HOURS: {"hours": wanted}}, {HOURS: {"hours": current}})
        if wanted and wanted != current:
            comparison.items = [Item(CHANGE, HOURS, HOURS, "办公时间", {"hours": [current, wanted]})]
        return comparison

    def write(self, comparison: Comparison, ids: RowIds, actor: Any) -> None:
        """Replace the office hours."""
        for values in comparison.wanted_rows(CHANGE).values():
            parts = [text.split("-") for text in values["hours"]]
            set_hours([(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in parts])
