"""Which settings differ between the released version that an office runs and this one."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from jiedao.environment import FORMER_SETTINGS, PREFIX
from jiedao.settings import Environment

RELEASES = Path(__file__).with_name("released_settings.json")
Defaults = dict[str, Any]


@dataclass
class SettingChanges:
    """Settings that differ from those of a released version.

    Attributes:
        since: that version, "" where it is not known.
        new: settings that only this version has.
        removed: settings that only the released version has, each with what to do now.
        defaults: settings with another default that this environment does not set, each with former and new value.
    """

    since: str = ""
    new: list[str] = field(default_factory=list)
    removed: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, list[Any]] = field(default_factory=dict)


def read_defaults() -> Defaults:
    """Return the settings of this version with their default values, as JSON has them."""
    values = TypeAdapter(Any)
    return {
        PREFIX + name.upper(): values.dump_python(info.get_default(call_default_factory=True), mode="json")
        for name, info in Environment.model_fields.items()
    }


def read_released_defaults() -> dict[str, Defaults]:
    """Return the settings of each released version."""
    released: dict[str, Defaults] = json.loads(RELEASES.read_text(encoding="utf-8"))
    return released


def compare_settings(version: str) -> SettingChanges:
    """Return what has changed since a version; nothing for one that is not released or not known."""
    former, now = read_released_defaults().get(version), read_defaults()
    if former is None:
        return SettingChanges()
    chosen = {name.upper() for name in os.environ}
    return SettingChanges(
        since=version,
        new=sorted(now.keys() - former.keys()),
        removed={name: FORMER_SETTINGS.get(name, "") for name in sorted(former.keys() - now.keys())},
        defaults={
            name: [former[name], now[name]]
            for name in sorted(former.keys() & now.keys())
            if former[name] != now[name] and name not in chosen
        },
    )
