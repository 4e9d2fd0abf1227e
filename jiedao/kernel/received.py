"""How many bytes the visitors of an address have sent lately: counted in each server process."""

import time

WINDOW = 3600.0
MOST_ADDRESSES = 20_000


class HourlyBytes:
    """The bytes of each address in its present hour; used by the event loop alone, so without a lock."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._hours: dict[str, tuple[float, int]] = {}  # address: when its hour began, and the bytes since

    def take(self, address: str, size: int) -> bool:
        """Count the bytes of a body; False, and nothing is counted, beyond the limit of the address."""
        now = time.monotonic()
        began_at, taken = self._hours.get(address, (now, 0))
        if now - began_at >= WINDOW:
            began_at, taken = now, 0
        if taken + size > self.most:
            return False
        if len(self._hours) >= MOST_ADDRESSES and address not in self._hours:
            self._drop_ended(now)
        self._hours[address] = began_at, taken + size
        return True

    def _drop_ended(self, now: float) -> None:
        """Drop the hours that have ended; if there are none, drop the one with the fewest bytes."""
        running = {key: hour for key, hour in self._hours.items() if now - hour[0] < WINDOW}
        if len(running) >= MOST_ADDRESSES:
            del running[min(running, key=lambda key: running[key][1])]
        self._hours = running
