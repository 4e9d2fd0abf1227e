"""Read the text of an uploaded document; nothing of it is stored."""

import tempfile
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from jiedao.reports.reading import LARGEST, read_document, refuse_document


def read_upload(file: "UploadedFile[bytes]") -> str:
    """Return the text of an uploaded document; raise UserError for one that cannot be read."""
    name = Path(file.name or "").name
    if (file.size or 0) > LARGEST:
        raise refuse_document("LARGE", name)
    with tempfile.TemporaryDirectory(prefix="jiedao-check-") as folder:
        path = Path(folder) / "document"
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        return read_document(path, name)
