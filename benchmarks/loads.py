"""A load on a server, with what it cost: the CPU time tells what idle cores would do, however busy the machine is."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.client import Load, drive
from benchmarks.servers import House, Server

CORES = 2


@dataclass(frozen=True)
class Cost:
    """CPU seconds of one answer: in the server, the database and the measuring client."""

    server: float
    database: float
    client: float

    @property
    def total(self) -> float:
        """CPU seconds of one answer in all."""
        return self.server + self.database + self.client

    def __str__(self) -> str:
        parts = {"server": self.server, "database": self.database, "client": self.client}
        said = " + ".join(f"{name} {share * 1000:.2f}" for name, share in parts.items() if share)
        return f"CPU {said} = {self.total * 1000:.2f} ms"

    @property
    def reach(self) -> str:
        """What this comes to on cores that do nothing else."""
        return f"{CORES / self.total:,.0f}/s on {CORES} idle cores"


def put_on(
    home: House, server: Server, requests: Sequence[bytes], *, clients: int, seconds: float
) -> tuple[Load, Cost]:
    """Warm the server up with the requests, then keep so many clients busy with them for so long."""
    calls = itertools.cycle(requests)
    drive(server.port, calls, clients=clients, seconds=0.1)
    before = server.cpu(), home.database_cpu()
    load = drive(server.port, calls, clients=clients, seconds=seconds, warm=0)
    spent = server.cpu() - before[0], home.database_cpu() - before[1], load.client_share * load.seconds
    n = len(load.times)
    return load, Cost(spent[0] / n, spent[1] / n, spent[2] / n)
