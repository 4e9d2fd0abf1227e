"""`jiedao figures verify`: it names what differs, and fails then."""

import json
from datetime import UTC, datetime

from click.testing import CliRunner

from jiedao.cases.models import StoredCount
from jiedao.indicators.commands import figures_group
from jiedao.kernel import clock
from jiedao.testing.cast import Town, make_cases

MAY = datetime(2020, 5, 4, 2, tzinfo=UTC)


def test_verify_names_a_stored_count_that_differs(figures_town: Town) -> None:
    make_cases(figures_town, [{"reported_at": MAY}], index=False)
    runner = CliRunner()
    with clock.at(datetime(2020, 7, 1, 2, tzinfo=UTC)):
        assert runner.invoke(figures_group, ["update"]).exit_code == 0
        sound = runner.invoke(figures_group, ["verify", "--json"])
        StoredCount.objects.filter(grain="M", split="").update(counts={"reported": 7})
        broken = runner.invoke(figures_group, ["verify", "--json"])
        words = runner.invoke(figures_group, ["verify"])
    assert (sound.exit_code, broken.exit_code, words.exit_code) == (0, 1, 1)
    assert json.loads(sound.output)["cases"]["state"] == "filled"
    assert json.loads(sound.output)["cases"]["differences"] == []
    assert json.loads(broken.output)["cases"]["differences"] == [
        {"period": "2020-05", "measure": "reported", "split": "", "key": "", "stored": 7, "counted": 1}
    ]
    assert "2020-05 reported" in words.output
