"""What the steps of an import share: the waiting file, and how it is to be read."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases.models import Channel
from jiedao.exchange import pending_sheets
from jiedao.exchange.mapping import Mapping, parse_mapping
from jiedao.exchange.mappings import get_mapping
from jiedao.exchange.models import MessageMapping
from jiedao.exchange.pending_sheets import PendingSheet
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor


@dataclass(frozen=True)
class Upload:
    """A file that waits for its import, the channel of its rows, its sheet ("" for the first), and its mapping."""

    file: PendingSheet
    channel: str
    sheet: str
    saved: MessageMapping | None

    @property
    def mapping(self) -> Mapping | None:
        """The mapping, None where the headers are recognised."""
        return parse_mapping(self.saved.text, self.saved.name) if self.saved is not None else None

    def list_values(self, **changes: object) -> dict[str, str]:
        """Return what identifies the upload in an address or a form, some of it changed."""
        values = {
            "token": self.file.token,
            "channel": self.channel,
            "sheet": self.sheet,
            "mapping": self.saved.pk if self.saved is not None else "",
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value != ""}

    def make_address(self, name: str, **changes: object) -> str:
        """Return the address of a step of this import."""
        return f"{reverse(name)}?{urlencode(self.list_values(**changes))}"


def read_upload(actor: Actor, values: QueryDict) -> Upload:
    """Return the upload that an address or a form names; raise UserError if it is erased or named wrongly."""
    file = pending_sheets.get_sheet(actor, values.get("token", ""))
    return Upload(
        file,
        read_channel(values),
        values.get("sheet", "")[:100],
        read_saved_mapping(values.get("mapping", "")),
    )


def read_channel(values: QueryDict) -> str:
    """Return the channel of a form; raise UserError where none is chosen."""
    channel = values.get("channel", "")
    if channel not in Channel.values:
        raise UserError(_("没有选来源。"), hint=_("请选这份表从哪里来：编号按来源区分。"), field="channel")
    return channel


def read_saved_mapping(text: str) -> MessageMapping | None:
    """Return the saved mapping with this id, None for an empty text."""
    if not text:
        return None
    return get_mapping(int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0)
