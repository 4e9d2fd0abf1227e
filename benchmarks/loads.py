"""A load on a server and its cost: CPU time shows what idle cores would do, however busy the machine is."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.client import Load, send_requests
from benchmarks.servers import Office, Server

CORES = 2


@dataclass(frozen=True)
class Cost:
    """CPU seconds per answer, in the server, in the database and in the measuring client."""

    server: float
    database: float
    client: float

    @property
    def total(self) -> float:
        """Return the CPU seconds per answer in all three."""
        return self.server + self.database + self.client

    def __str__(self) -> str:
        parts = {"server": self.server, "database": self.database, "client": self.client}
        terms = " + ".join(f"{name} {share * 1000:.2f}" for name, share in parts.items() if share)
        return f"CPU {terms} = {self.total * 1000:.2f} ms"

    @property
    def rate_on_idle_cores(self) -> str:
        """Return the rate that this cost allows on cores that do nothing else."""
        return f"{CORES / self.total:,.0f}/s on {CORES} idle cores"


def measure_load(
    office: Office, server: Server, requests: Sequence[bytes], *, clients: int, seconds: float
) -> tuple[Load, Cost]:
    """Warm the server up with the requests, then let `clients` connections send them for some seconds."""
    calls = itertools.cycle(requests)
    send_requests(server.port, calls, clients=clients, seconds=0.1)
    before = server.cpu_seconds(), office.database_cpu()
    load = send_requests(server.port, calls, clients=clients, seconds=seconds, warm=0)
    used = (
        server.cpu_seconds() - before[0],
        office.database_cpu() - before[1],
        load.client_share * load.seconds,
    )
    n = len(load.times)
    return load, Cost(used[0] / n, used[1] / n, used[2] / n)
