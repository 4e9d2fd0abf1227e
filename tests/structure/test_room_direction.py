"""A room uses only rooms below it: in its tables, templates and links, as in its imports."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.urls import URLResolver, get_resolver

from tests.structure.rooms import LAYERS, PACKAGE, list_rooms, list_sources, list_templates, room_of

# Rooms that call the API of other systems, which have the same addresses as our own.
OTHER_SYSTEMS = {("district", "api")}
INCLUDES = re.compile(r"""\{%-?\s*(?:extends|include)\s+["']([^"'#]+)""")
URL_TAGS = re.compile(r"""\{%-?\s*url\s+["']([\w.-]+):""")
URL_CALLS = re.compile(
    r"""\b(?:reverse|reverse_lazy|redirect|resolve_url)\(\s*["']([\w.-]+):|success_url\s*=\s*["']([\w.-]+):"""
)
RENDERED = re.compile(
    r"""(?:render|render_to_string|get_template|template_name)\W[^"'\n]*["']([\w/.-]+\.html)"""
)


def find_template_owner(name: str) -> str | None:
    """Return the room that contains the template of this name; None for a template of a library."""
    owners = [room_of(path) for path in list_templates() if path.as_posix().endswith(f"/templates/{name}")]
    assert len(owners) <= 1, f"{name} exists in {owners}; put it under a folder named as its room"
    return owners[0] if owners else None


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_foreign_keys_point_to_rooms_below() -> None:
    upward = []
    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith("jiedao."):
            continue
        user = model.__module__.split(".")[1]
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if field.auto_created or target is None or not target.__module__.startswith("jiedao."):
                continue
            used = target.__module__.split(".")[1]
            if not LAYERS.may_use(user, used):
                upward.append(f"{model.__name__}.{field.name} -> {used}.{target.__name__}")
    assert not upward, upward


def test_templates_use_templates_of_rooms_below() -> None:
    wrong = []
    for path in list_templates():
        for name in INCLUDES.findall(path.read_text(encoding="utf-8")):
            used = find_template_owner(name)
            if used is None or not LAYERS.may_use(room_of(path), used):
                wrong.append(f"{relative(path)} uses {name} of {used or 'no room'}")
    assert not wrong, wrong


def test_code_renders_templates_of_its_room_or_below() -> None:
    wrong = []
    for path in list_sources():
        for name in RENDERED.findall(path.read_text(encoding="utf-8")):
            used = find_template_owner(name)
            if used is None or not LAYERS.may_use(room_of(path), used):
                wrong.append(f"{relative(path)} renders {name} of {used or 'no room'}")
    assert not wrong, wrong


def test_a_template_is_in_the_folder_of_its_room() -> None:
    known_names = {
        path: path.relative_to(PACKAGE / room_of(path) / "templates").parts[0] for path in list_templates()
    }
    # Error pages have names that Django chooses.
    wrong = [
        relative(path) for path, top in known_names.items() if top not in {room_of(path), f"{path.stem}.html"}
    ]
    assert not wrong, wrong


def test_links_lead_to_rooms_below() -> None:
    wrong = []
    for path in [*list_templates(), *list_sources()]:
        text = path.read_text(encoding="utf-8")
        url_names = URL_TAGS.findall(text) if path.suffix != ".py" else URL_CALLS.findall(text)
        for match in url_names:
            used = match if isinstance(match, str) else next(filter(None, match))
            if used in LAYERS.height and not LAYERS.may_use(room_of(path), used):
                wrong.append(f"{relative(path)} links to {used}")
            elif used not in LAYERS.height:
                wrong.append(f"{relative(path)} links to {used}, which is no room: name url spaces as rooms")
        wrong += [
            f"{relative(path)} holds {literal!r}, an address of {used}"
            for literal in list_literals(path, text)
            for used in find_rooms_in_link(literal)
            if not LAYERS.may_use(room_of(path), used) and (room_of(path), used) not in OTHER_SYSTEMS
        ]
    assert not wrong, wrong


def list_literals(path: Path, text: str) -> Iterator[str]:
    """Yield the strings of a file that may contain a link: of code all except docstrings, of a template its text."""
    if path.suffix != ".py":
        yield text
        return
    tree = ast.parse(text)
    # A string that is a statement, such as a docstring, contains no link. The parts of an f-string are constants.
    documents = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node not in documents:
            yield node.value if isinstance(node.value, str) else node.value.decode("utf-8", "replace")


def list_rooms_with_pages() -> set[str]:
    """Return the rooms whose name begins an address: "desk" for "/desk/...", whose url names begin with "desk:"."""
    patterns = get_resolver().url_patterns
    first = {str(entry.pattern).partition("/")[0] for entry in patterns if isinstance(entry, URLResolver)}
    return first & set(LAYERS.height)


def find_rooms_in_link(literal: str) -> list[str]:
    """Return the rooms to whose pages a string leads: by an address ("/desk/board/") or a url name ("desk:board")."""
    names = "|".join(sorted(list_rooms_with_pages()))
    address = rf"(?<![\w./])/({names})(?![\w.-])"
    url_name = rf"(?<![\w.:/-])({names}):(?=[a-z_-])"
    return re.findall(address, literal) + re.findall(url_name, literal)


def test_addresses_in_strings_are_recognised() -> None:
    assert {"accounts", "api", "desk"} <= list_rooms_with_pages()
    code = '''"""Docstrings may name /desk/board/."""
a = "/desk/promises/pledges/{}/"
b = f"/desk/cases/{number}/"
c = Address("desk:register", ())
d = b"/desk"
e = "{}/de" "sk?x=1"
f = "cases.case:view /desks/ /static/desk/desk.css desk"
'''
    links = {literal for literal in list_literals(Path("a.py"), code) if find_rooms_in_link(literal)}
    assert links == {"/desk/promises/pledges/{}/", "/desk/cases/", "desk:register", "/desk", "{}/desk?x=1"}
    assert find_rooms_in_link('<a href="/desk/board/">') == ["desk"]


def test_every_room_has_a_short_readme() -> None:
    wrong = []
    for room in list_rooms():
        readme = room / "README.md"
        lines = readme.read_text(encoding="utf-8").splitlines() if readme.exists() else []
        if not 1 <= len(lines) <= 40:
            wrong.append(f"{room.name}/README.md has {len(lines)} lines; write 1 to 40")
    assert not wrong, wrong


def test_every_room_is_in_the_import_contract() -> None:
    assert {room.name for room in list_rooms()} <= set(LAYERS.height)
