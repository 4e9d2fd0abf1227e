"""The parts of an Office file. Filling changes the parts that hold cells; every other part keeps its bytes.

A blank belongs to the office that sent it: pictures, charts, drop-down lists, print settings and signatures of the form
must come back as they were. Libraries that read a workbook and write it anew lose some of these, so this module works
on the XML of the file.
"""

import io
import posixpath
import re
import zipfile
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from jiedao.kernel.errors import UserError

LARGEST = 20 * 1024 * 1024  # bytes of a blank
MOST_UNPACKED = 120 * 1024 * 1024
# Bytes of a part that is parsed: 10,000 rows of 30 styled cells take 13 to 17 MB.
LARGEST_XML = 20 * 1024 * 1024
# In all parts that are parsed. The memory of a tree depends on these and not on the bytes: about 230 bytes each.
MOST_ELEMENTS = 1_500_000
MOST_ATTRIBUTES = 3_000_000
MOST_PARTS = 3000
CONTENT_TYPES = "[Content_Types].xml"
OFFICE_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
RELATIONS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)""")
_STRICT = b"purl.oclc.org/ooxml"

Element = Any  # lxml has no types of its own


class Package:
    """The parts of a .xlsx or .docx file by name, with the XML of those that were read."""

    def __init__(self, content: bytes) -> None:
        """Read the parts.

        Raises:
            UserError: no such file, too large, damaged, protected by a password, or with macros.
        """
        self._infos: list[zipfile.ZipInfo] = []
        self._parts: dict[str, bytes] = {}
        self._trees: dict[str, Element] = {}
        self._elements = self._attributes = 0
        if len(content) > LARGEST:
            raise UserError(_("文件超过 20 MB。"), hint=_("请删去文件里的大图片，再上传。"), field="blank")
        if content.startswith(b"\xd0\xcf\x11\xe0"):
            raise UserError(
                _("这是旧版（.xls、.doc、.et、.wps）或带密码的文件。"),
                hint=_("请去掉密码，用 WPS 或 Office 另存为 .xlsx 或 .docx，再上传。"),
                field="blank",
            )
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                self._read(archive)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as fault:
            raise _make_damage_error() from fault
        if any(name.lower().endswith("vbaproject.bin") or "/macrosheets/" in name for name in self._parts):
            raise UserError(
                _("文件里有宏，不能使用。"),
                hint=_("请在 WPS 或 Office 里另存为不带宏的 .xlsx 或 .docx，再上传。"),
                field="blank",
            )
        if any(_STRICT in self._parts.get(name, b"") for name in ("xl/workbook.xml", "word/document.xml")):
            raise UserError(
                _("这是“严格 Open XML”格式的文件。"),
                hint=_("请另存为普通的 .xlsx 或 .docx，再上传。"),
                field="blank",
            )

    def _read(self, archive: zipfile.ZipFile) -> None:
        self._infos = archive.infolist()
        if len(self._infos) > MOST_PARTS or sum(info.file_size for info in self._infos) > MOST_UNPACKED:
            raise UserError(_("文件解开后太大。"), hint=_("请重新制作这个文件，再上传。"), field="blank")
        if any(info.flag_bits & 1 for info in self._infos):
            raise UserError(_("文件带密码。"), hint=_("请去掉密码，重新保存后再上传。"), field="blank")
        # A part cannot exceed the size that it claims: zipfile does not read beyond it.
        self._parts = {info.filename: archive.read(info) for info in self._infos}

    def __contains__(self, name: str) -> bool:
        """Return whether there is a part with this name."""
        return name in self._parts

    @property
    def names(self) -> list[str]:
        """The names of the parts."""
        return list(self._parts)

    def get_tree(self, name: str) -> Element:
        """Return the root of a part's XML; changes to it are written with the file."""
        if name not in self._trees:
            content = self._parts.get(name, b"")
            elements, attributes = count_nodes(content)
            self._elements += elements
            self._attributes += attributes
            is_large = self._elements > MOST_ELEMENTS or self._attributes > MOST_ATTRIBUTES
            if is_large or len(content) > LARGEST_XML:
                raise UserError(
                    _("文件里的“%(part)s”太大。") % {"part": name},
                    hint=_("请只留要填的工作表和行，再上传。"),
                    field="blank",
                )
            self._trees[name] = parse_xml(content)
        return self._trees[name]

    def get_text(self, name: str) -> str:
        """Return a part as text."""
        return self._parts[name].decode("utf-8", "replace")

    def set_text(self, name: str, text: str) -> None:
        """Replace a part."""
        self._parts[name] = text.encode("utf-8")

    def add(self, name: str, content: bytes, content_type: str) -> None:
        """Add a part with its type."""
        self._parts[name] = content
        self._infos.append(zipfile.ZipInfo(name))
        types = self.get_tree(CONTENT_TYPES)
        element = types.makeelement(
            types.tag.replace("}Types", "}Override"), {"PartName": f"/{name}", "ContentType": content_type}
        )
        types.append(element)

    def add_relation(self, name: str, kind: str, target: str) -> str:
        """Add a relation from a part to another one; return its id.

        Args:
            kind: the last word of its type, such as "comments".
        """
        folder, file = posixpath.split(name)
        relations = f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels"
        if relations not in self._parts:
            self._parts[relations] = RELATIONS
            self._infos.append(zipfile.ZipInfo(relations))
        root = self.get_tree(relations)
        used = {relation.get("Id", "") for relation in root.iter(RELATION)}
        number = next(number for number in range(1, len(used) + 2) if f"rIdJ{number}" not in used)
        values = {"Id": f"rIdJ{number}", "Type": f"{OFFICE_RELATION}{kind}", "Target": f"/{target}"}
        root.append(root.makeelement(RELATION, values))
        return values["Id"]

    def remove(self, name: str) -> None:
        """Remove a part, and what states its type and its relations."""
        if self._parts.pop(name, None) is None:
            return
        self._trees.pop(name, None)
        types = self.get_tree(CONTENT_TYPES)
        for child in list(types):
            if child.get("PartName") == f"/{name}":
                types.remove(child)
        for relations in [part for part in self.names if part.endswith(".rels")]:
            root = self.get_tree(relations)
            for relation in list(root):
                if resolve_target(relations, relation.get("Target", "")) == name:
                    root.remove(relation)

    def read_relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return id -> (last word of the type, name of the part) of a part's relations."""
        folder, file = posixpath.split(name)
        relations = f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels"
        if relations not in self._parts:
            return {}
        return {
            relation.get("Id", ""): (
                relation.get("Type", "").rpartition("/")[2],
                resolve_target(relations, relation.get("Target", "")),
            )
            for relation in self.get_tree(relations).iter(RELATION)
            if relation.get("TargetMode") != "External"
        }

    def write(self) -> bytes:
        """Return the file: parts whose XML was changed are written anew, all others byte for byte."""
        for name, root in self._trees.items():
            content = self._parts.get(name)
            if content is not None and etree.tostring(root) != etree.tostring(parse_xml(content)):
                self._parts[name] = etree.tostring(
                    root, xml_declaration=True, encoding="UTF-8", standalone=True
                )
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for info in self._infos:
                if info.filename in self._parts:
                    # The time of the blank's part: the same values give the same bytes, and so the same digest.
                    fixed = zipfile.ZipInfo(info.filename, info.date_time)
                    fixed.compress_type = zipfile.ZIP_DEFLATED
                    fixed.external_attr = info.external_attr
                    archive.writestr(fixed, self._parts[info.filename])
        return buffer.getvalue()


def count_nodes(content: bytes) -> tuple[int, int]:
    """Return at least the number of elements and of attributes of an XML document, without parsing it."""
    return content.count(b"<") - content.count(b"</"), content.count(b"=")


def parse_xml(content: bytes) -> Element:
    """Return the root of an XML document; raise UserError for a damaged one or one with a document type."""
    # As the standard of Office files wants; in other encodings a "<" could not be counted.
    start = content[: content.find(b">") + 1].replace(b"\0", b"")
    encoding = _ENCODING.search(start)
    if b"<" not in start or (encoding and encoding[1].upper() not in {b"UTF-8", b"UTF-16", b"US-ASCII"}):
        raise _make_damage_error()
    if b"<!DOCTYPE" in content:
        raise _make_damage_error()
    elements, attributes = count_nodes(content)
    if elements > MOST_ELEMENTS or attributes > MOST_ATTRIBUTES:
        raise UserError(_("文件解开后太大。"), hint=_("请重新制作这个文件，再上传。"), field="blank")
    # Without entities and network: a hostile blank can neither read files nor grow in memory.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as fault:
        raise _make_damage_error() from fault
    if root.getroottree().docinfo.doctype:  # such as one in UTF-16
        raise _make_damage_error()
    return root


def resolve_target(relations: str, target: str) -> str:
    """Return the name of the part to which a relation points."""
    if target.startswith("/"):
        return target[1:]
    return posixpath.normpath(posixpath.join(posixpath.dirname(posixpath.dirname(relations)), target))


def _make_damage_error() -> UserError:
    return UserError(
        _("文件已损坏，或不是 .xlsx、.docx。"),
        hint=_("请用 WPS 或 Office 打开后重新保存，再上传。"),
        field="blank",
    )
