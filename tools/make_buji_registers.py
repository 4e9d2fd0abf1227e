"""Write the demonstration records of the registers of packs/buji: packs/buji/demo/registers/*.csv.

The counts and sums are those of the half-year report, as of 30 June 2020; names, addresses, sizes and days are
invented. The same seed gives the same files. Run after make_buji_map.py and make_buji_premises.py:

    .venv/bin/python tools/make_buji_registers.py
"""

import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# When this file runs as a script, Python looks for modules in its folder and would not find `tools`.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.buji_registers import city, homes, party, trade
from tools.buji_registers.world import Row, World
from tools.make_buji_premises import PACK

FOLDER = PACK / "demo" / "registers"
MAKERS: dict[str, Callable[[World], Iterator[Row]]] = {
    "urban_villages": homes.make_urban_villages,
    "estates": homes.make_estates,
    "blocks": homes.make_blocks,
    "rental_buildings": homes.make_rental_buildings,
    "old_estates": homes.make_old_estates,
    "checkpoints": homes.make_checkpoints,
    "sorting_points": homes.make_sorting_points,
    "small_premises": trade.make_small_premises,
    "enterprises": trade.make_enterprises,
    "scattered_polluters": trade.make_scattered_polluters,
    "recycling_yards": trade.make_recycling_yards,
    "markets": trade.make_markets,
    "accidents": trade.make_accidents,
    "illegal_new": city.make_illegal_new,
    "illegal_stock": city.make_illegal_stock,
    "land_parcels": city.make_land_parcels,
    "waste_stations": city.make_waste_stations,
    "health_stations": city.make_health_stations,
    "demo_sites": city.make_demo_sites,
    "redevelopments": city.make_redevelopments,
    "leader_rounds": city.make_leader_rounds,
    "party_organisations": party.make_party_organisations,
    "key_matters": party.make_key_matters,
    "talk_reminders": party.make_talk_reminders,
    "inspections_unannounced": party.make_inspections_unannounced,
}


def make_registers(folder: Path) -> int:
    """Write one file for each register into the folder; return the number of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    world, count = World(), 0
    for register, make_rows in MAKERS.items():
        rows = list(make_rows(world))
        with (folder / f"{register}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        count += len(rows)
    return count


if __name__ == "__main__":
    print(f"{make_registers(FOLDER)} records")
