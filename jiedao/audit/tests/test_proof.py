import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jiedao.audit.commands import audit_group
from jiedao.audit.digest import check_proof
from jiedao.audit.sealing import seal_entries
from jiedao.audit.selectors import build_proof
from jiedao.audit.tests.cast import run_sql, write_dispatch_entry
from jiedao.kernel.errors import NotFoundError

pytestmark = pytest.mark.django_db


def write_sealed_entries(count: int) -> list[int]:
    numbers = [write_dispatch_entry(case=number).pk for number in range(count)]
    seal_entries()
    return numbers


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_sealed_entry_can_be_proved(count):
    for number in write_sealed_entries(count):
        proof = json.loads(json.dumps(build_proof(number)))
        assert check_proof(proof)
        assert json.loads(proof["entry"])[2] == number


def test_an_entry_beside_a_deleted_one_can_still_be_proved():
    numbers = write_sealed_entries(5)
    run_sql("DELETE FROM audit_entry WHERE id = %s", numbers[0])
    assert check_proof(build_proof(numbers[1]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("entry", "[]"),
        ("entry", "街"),
        ("index", 0),
        ("size", 6),
        ("path", []),
        ("seal", {}),
    ],
)
def test_a_changed_proof_does_not_hold(name, value):
    assert not check_proof({**build_proof(write_sealed_entries(5)[2]), name: value})


def test_a_proof_is_bound_to_the_chain():
    proof = build_proof(write_sealed_entries(5)[2])
    for name in ("prev", "at", "floor_id", "members", "chain"):
        assert not check_proof({**proof, "seal": {**proof["seal"], name: "0"}})
    assert not check_proof({})


def test_an_unsealed_entry_has_no_proof():
    number = write_dispatch_entry().pk
    with pytest.raises(NotFoundError, match=str(number)):
        build_proof(number)


def run_command(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(audit_group, arguments)
    return result.exit_code, result.stdout


def test_verify_prints_json_and_exits_1_on_a_fault():
    numbers = write_sealed_entries(3)
    code, text = run_command("verify", "--json")
    assert (code, json.loads(text)["intact"], json.loads(text)["faults"]) == (0, True, [])
    run_sql("DELETE FROM audit_entry WHERE id = %s", numbers[1])
    code, text = run_command("verify", "--json")
    verdict = json.loads(text)
    assert (code, verdict["entries"], verdict["sealed"], verdict["intact"]) == (1, 2, 3, False)
    assert "missing" in run_command("verify")[1]


def test_seal_and_proof_by_command(tmp_path: Path):
    number = write_dispatch_entry().pk
    assert run_command("seal")[0] == 0
    code, text = run_command("proof", str(number))
    assert code == 0
    file = tmp_path / "proof.json"
    file.write_text(text)
    assert run_command("check", str(file))[0] == 0
    file.write_text(text.replace("dispatch", "close"))
    assert run_command("check", str(file))[0] == 1
    file.write_text(text.replace("sha256", "md5"))
    assert run_command("check", str(file))[0] == 1
    file.write_text("nothing")
    assert run_command("check", str(file))[0] == 1
