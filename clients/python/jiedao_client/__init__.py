"""A thin typed client of the JSON API of jiedao. It needs nothing but the standard library."""

from jiedao_client.client import Client
from jiedao_client.events import NotAuthentic, read_event
from jiedao_client.transport import NotReached, Refused

__all__ = ["Client", "NotAuthentic", "NotReached", "Refused", "read_event"]
