"""Write the demonstration records of the registers of packs/buji: packs/buji/demo/registers/*.csv.

The counts and sums are those of the half-year report, as of 30 June 2020; names, addresses, sizes and days are
invented. The same seed gives the same files. Run after make_buji_map.py and make_buji_premises.py:

    .venv/bin/python tools/make_buji_registers.py
"""

import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(
    0, str(Path(__file__).resolve().parent.parent)
)  # run as a script, `tools` is not a package yet

from tools.buji_registers import city, homes, party, trade
from tools.buji_registers.world import Row, World
from tools.make_buji_premises import PACK

FOLDER = PACK / "demo" / "registers"
MAKERS: tuple[Callable[[World], Iterator[Row]], ...] = (
    homes.urban_villages,
    homes.estates,
    homes.blocks,
    homes.rental_buildings,
    homes.old_estates,
    homes.checkpoints,
    homes.sorting_points,
    trade.small_premises,
    trade.enterprises,
    trade.scattered_polluters,
    trade.recycling_yards,
    trade.markets,
    trade.accidents,
    city.illegal_new,
    city.illegal_stock,
    city.land_parcels,
    city.waste_stations,
    city.health_stations,
    city.demo_sites,
    city.leader_rounds,
    party.party_organisations,
    party.talk_reminders,
    party.inspections_unannounced,
)


def make_registers(folder: Path) -> int:
    """Write one file a register into a folder; return the number of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    world, count = World(), 0
    for maker in MAKERS:
        rows = list(maker(world))
        with (folder / f"{maker.__name__}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        count += len(rows)
    return count


if __name__ == "__main__":
    print(f"{make_registers(FOLDER)} records")
