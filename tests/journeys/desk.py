"""A user of the desk who uses only the links and forms that pages offer, without scripts."""

import io
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from jiedao.cases.models import Case
from jiedao.testing.cast import Town


def make_photo(name: str = "现场.jpg") -> SimpleUploadedFile:
    """Return a small photo."""
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "gray").save(file, "JPEG")
    return SimpleUploadedFile(name, file.getvalue(), "image/jpeg")


def read_words(answer: Any) -> str:
    """Return the text of a page without its tags."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


@dataclass
class Person:
    """A user of the cast at a browser."""

    client: Client

    def sees(self, path: str) -> str:
        """Open a page and return its text; fail unless its status is 200."""
        answer = self.client.get(path, follow=True)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
        return read_words(answer)

    def status(self, path: str) -> int:
        """Return the status of a page."""
        return self.client.get(path).status_code

    def reports(self, detail: str, **fields: Any) -> Case:
        """File a case by the intake form and confirm that it is not a duplicate; return the case."""
        form = self.client.get("/desk/cases/new/").context["form"]
        initial = {name: form[name].value() for name in ("client_uuid", "channel", "coord_system")}
        answer = self.client.post("/desk/cases/new/", {**initial, "detail": detail, "sure": "1", **fields})
        assert answer.status_code == 302, answer.context["form"].errors
        return Case.objects.get(number=answer["Location"].partition("?")[0].rstrip("/").rsplit("/", 1)[-1])

    def form(self, case: Case, move: str) -> dict[str, Any]:
        """Open the form of a move from the case page and return its initial values."""
        page = self.client.get(f"/desk/cases/{case.number}/")
        assert f"?move={move}" in page.content.decode(), f"the page does not offer {move}"
        form = self.client.get(f"/desk/cases/{case.number}/?move={move}").context["form"]
        values = {bound.name: bound.value() for bound in form}
        return {name: value for name, value in values.items() if value not in (None, "", False)}

    def sends(self, case: Case, move: str, fields: dict[str, Any]) -> Any:
        """Send the form of a move; return the answer."""
        return self.client.post(f"/desk/cases/{case.number}/moves/{move}/", fields)

    def does(self, case: Case, move: str, **fields: Any) -> Case:
        """Make a move by its form with the initial values and the given fields; return the case after the move."""
        answer = self.sends(case, move, {**self.form(case, move), **fields})
        assert answer.status_code == 302, read_words(answer)[:600]
        case.refresh_from_db()
        return case

    def may(self, case: Case, move: str) -> bool:
        """Return whether the case page offers a move."""
        return f"?move={move}" in self.client.get(f"/desk/cases/{case.number}/").content.decode()


@dataclass
class Office:
    """The people of the cast, signed in when they are first needed."""

    town: Town
    _people: dict[str, Person] = field(default_factory=dict)

    def __getitem__(self, username: str) -> Person:
        """Return a person of the cast, who reads Chinese."""
        if username not in self._people:
            client = Client(headers={"accept-language": "zh-hans"})
            client.force_login(self.town.users[username], backend="django.contrib.auth.backends.ModelBackend")
            self._people[username] = Person(client)
        return self._people[username]

    def handled(self, case: Case, *, until: str = "HANDLED") -> Case:
        """Accept, dispatch and handle a reported case, up to the state `until`; return the case."""
        steps: list[tuple[str, str, dict[str, Any]]] = [
            ("registrar", "ACCEPT", {"category": self.town.categories["RUBBISH"].pk}),
            ("dispatcher", "DISPATCH", {}),
            ("handler", "TAKE", {}),
            ("handler", "HANDLE", {"result": "已清运。", "photos": [make_photo("处置后.jpg")]}),
        ]
        for who, move, fields in steps:
            if case.state == until:
                break
            case = self[who].does(case, move, **fields)
        return case
