"""Turn the text that a person typed into a document: headings are recognised, nothing in the text is run."""

import re

from jiedao.reports.document import Block, Document, Heading, Level, Paragraph, Run
from jiedao.reports.importing import convert_text

_MARKED = re.compile(r"(#{1,4}) (.+)")


def build_text_document(title: str, text: str) -> Document:
    """Return the document of a typed text below its title.

    一、, （一） and 1. on a line of their own are headings; every other line is a paragraph.
    """
    blocks: list[Block] = [Heading(Level.TITLE, (Run(title),))]
    for line in convert_text(text).split("\n"):
        if not line.strip():
            continue
        marked = _MARKED.fullmatch(line.strip())
        if marked is None:
            blocks.append(Paragraph((Run(line.strip()),)))
        elif len(marked[1]) == 1:  # the page shows the title above; a short first line is only a paragraph
            blocks.append(Paragraph((Run(marked[2]),)))
        else:
            blocks.append(Heading(Level(len(marked[1]) - 1), (Run(marked[2]),)))
    return Document(tuple(blocks))
