import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jiedao.audit.commands import audit_group
from jiedao.audit.digest import check_proof
from jiedao.audit.sealing import seal_entries
from jiedao.audit.selectors import proof_of
from jiedao.audit.tests.cast import deed, sql
from jiedao.kernel.errors import NotFoundError

pytestmark = pytest.mark.django_db


def sealed(count: int) -> list[int]:
    numbers = [deed(case=number).pk for number in range(count)]
    seal_entries()
    return numbers


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_sealed_entry_can_be_proved(count):
    for number in sealed(count):
        proof = json.loads(json.dumps(proof_of(number)))
        assert check_proof(proof)
        assert json.loads(proof["entry"])[2] == number


def test_a_lost_neighbour_does_not_spoil_a_proof():
    numbers = sealed(5)
    sql("DELETE FROM audit_entry WHERE id = %s", numbers[0])
    assert check_proof(proof_of(numbers[1]))


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
    assert not check_proof({**proof_of(sealed(5)[2]), name: value})


def test_a_proof_is_bound_to_the_chain():
    proof = proof_of(sealed(5)[2])
    for name in ("prev", "at", "floor_id", "members", "chain"):
        assert not check_proof({**proof, "seal": {**proof["seal"], name: "0"}})
    assert not check_proof({})


def test_an_unsealed_entry_has_no_proof():
    number = deed().pk
    with pytest.raises(NotFoundError, match=str(number)):
        proof_of(number)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(audit_group, arguments)
    return done.exit_code, done.stdout


def test_verify_prints_what_scripts_rely_on():
    numbers = sealed(3)
    code, text = run("verify", "--json")
    assert (code, json.loads(text)["intact"], json.loads(text)["faults"]) == (0, True, [])
    sql("DELETE FROM audit_entry WHERE id = %s", numbers[1])
    code, text = run("verify", "--json")
    verdict = json.loads(text)
    assert (code, verdict["entries"], verdict["sealed"], verdict["intact"]) == (1, 2, 3, False)
    assert "missing" in run("verify")[1]


def test_seal_and_proof_by_command(tmp_path: Path):
    number = deed().pk
    assert run("seal")[0] == 0
    code, text = run("proof", str(number))
    assert code == 0
    file = tmp_path / "proof.json"
    file.write_text(text)
    assert run("check", str(file))[0] == 0
    file.write_text(text.replace("dispatch", "close"))
    assert run("check", str(file))[0] == 1
    file.write_text(text.replace("sha256", "md5"))
    assert run("check", str(file))[0] == 1
    file.write_text("nothing")
    assert run("check", str(file))[0] == 1
