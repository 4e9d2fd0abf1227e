"""The real files beside the checkout, and the mapping file of the how-to."""

from collections import Counter
from pathlib import Path

import pytest

from jiedao.cases.models import Case
from jiedao.exchange.mapping import parse_mapping
from jiedao.exchange.messages import import_messages
from jiedao.exchange.tests.books import make_csv
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import make_town

pytestmark = pytest.mark.django_db
HOW_TO = Path(__file__).resolve().parents[3] / "docs" / "how-to"
NYC = HOW_TO / "nyc-311.toml"


@pytest.fixture(autouse=True)
def _town() -> None:
    make_town()


def test_the_how_to_shows_the_mapping_file_that_works() -> None:
    example = (HOW_TO / "map-another-citys-file.md").read_text().split("```toml\n")[1].split("```")[0]

    assert example == NYC.read_text()


def test_the_mapping_of_the_how_to_reads_such_a_file(tmp_path: Path) -> None:
    names = list(parse_mapping(NYC.read_text(), "nyc").headers())
    open_row = {"unique_key": "1", "created_date": "2024-04-16T03:03:15.000", "status": "In Progress"}
    closed = {**open_row, "unique_key": "2", "status": "Closed", "closed_date": "2024-04-17T03:03:15.000"}
    common = {
        "complaint_type": "Noise",
        "descriptor": "Music",
        "open_data_channel_type": "PHONE",
        "borough": "QUEENS",
    }
    lines = [",".join(names)]
    lines += [",".join({**common, **row}.get(name, "") for name in names) for row in (open_row, closed)]

    account = import_messages(make_system_actor(), make_csv(tmp_path / "nyc.csv", "\n".join(lines)), NYC)

    assert account.created == 2
    assert list(Case.objects.order_by("id").values_list("state", "channel", "place_text", "subject")) == [
        ("REPORTED", "HOTLINE", "QUEENS", "Noise: Music"),
        ("DONE", "HOTLINE", "QUEENS", "Noise: Music"),
    ]


@pytest.mark.parametrize(
    ("name", "mapping", "read", "states"),
    [
        ("messages/hotspots.xlsx", None, 4326, {"REPORTED": 4326}),
        ("messages/replied.xlsx", None, 1983, {"DONE": 1983}),
        ("311/nyc_311_2024-04_1000.csv", NYC, 1000, {"REPORTED": 707, "DONE": 293}),
    ],
)
def test_a_real_file_is_imported_completely(
    shared_dir: Path, name: str, mapping: Path | None, read: int, states: dict[str, int]
) -> None:
    account = import_messages(make_system_actor(), shared_dir / "data" / name, mapping)

    assert account.counts() == {"read": read, "created": read, "existing": 0, "refused": 0}
    assert Counter(Case.objects.values_list("state", flat=True)) == states
