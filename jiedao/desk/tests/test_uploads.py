"""Files sent with forms: a bad file does not affect the others, and is named with its reason."""

import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiedao.cases.models import Case
from jiedao.desk.tests.conftest import SignedIn
from jiedao.files.models import Attachment, Kind
from jiedao.files.selectors import list_attachments
from jiedao.files.tests.pictures import make_picture
from jiedao.files.tests.samples import PLACE, make_archive, make_movie
from jiedao.testing.cast import Town, walk


def make_upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


def make_uploads() -> list[SimpleUploadedFile]:
    """Return two good photos and a bad one between them."""
    return [
        make_upload("东门.jpg", make_picture()),
        make_upload("坏图.jpg", make_picture()[:40]),
        make_upload("西门.png", make_picture("PNG")),
    ]


def read_kept(html: str) -> str:
    return html.split('name="kept" value="')[1].split('"', maxsplit=1)[0]


def report(client: Client, **fields: Any) -> Any:
    data = {"client_uuid": str(uuid.uuid4()), "channel": "HOTLINE", "detail": "围墙倒了一段", "sure": "1"}
    return client.post("/desk/cases/new/", {**data, **fields})


def test_intake_keeps_good_photos_and_names_the_bad_one(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("dispatcher")

    refused = report(client, photos=make_uploads())

    html = refused.content.decode()
    assert refused.status_code == 422
    assert "坏图.jpg：图片已损坏，读不出来。请重新拍摄" in html
    assert 'id="id_photos-error"' in html
    assert "已上传 2 个文件，不必再选：东门.jpg · 西门.png" in html
    assert not Case.objects.exists()

    done = report(client, kept=read_kept(html))

    assert done.status_code == 302
    names = [file.name for file in list_attachments("cases.case", Case.objects.get().pk)]
    assert names == ["东门.jpg", "西门.png"]


def test_the_other_errors_of_the_form_are_shown_beside_the_bad_photo(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("dispatcher")

    refused = report(client, detail="", photos=make_uploads())

    html = refused.content.decode()
    assert "坏图.jpg" in html
    assert "请写明是什么事" in html
    assert len(read_kept(html).split(",")) == 2


def test_intake_takes_sound_films_and_documents_as_documents(town: Town, signed_in: SignedIn) -> None:
    uploads = [
        make_upload("现场.MP4", make_movie()),
        make_upload("来函.ofd", make_archive("OFD.xml")),
        make_upload("东门.jpg", make_picture()),
    ]

    assert report(signed_in("dispatcher"), photos=uploads).status_code == 302

    files = list_attachments("cases.case", Case.objects.get().pk)
    kinds = {file.name: file.kind for file in files}
    assert kinds == {"现场.mp4": Kind.DOCUMENT, "来函.ofd": Kind.DOCUMENT, "东门.jpg": Kind.PHOTO_BEFORE}
    film = signed_in("dispatcher").get(f"/desk/files/{files[0].pk}/")
    assert film["Content-Disposition"].startswith("attachment")
    assert film["X-Content-Type-Options"] == "nosniff"
    assert PLACE not in b"".join(film.streaming_content)


def test_a_move_keeps_good_photos_and_names_the_bad_one(town: Town, signed_in: SignedIn) -> None:
    number = walk(town, to="HANDLING").number
    client = signed_in("handler")
    url = f"/desk/cases/{number}/moves/HANDLE/"
    version = Case.objects.get().version

    refused = client.post(url, {"version": version, "result": "", "photos": make_uploads()})

    html = refused.content.decode()
    assert refused.status_code == 422
    assert "坏图.jpg：图片已损坏" in html
    assert refused.context["form"].errors.keys() == {"photos", "result"}
    assert "已上传 2 个文件" in html
    assert Case.objects.get().version == version


def test_a_film_is_no_proof_and_the_refusal_names_the_way(town: Town, signed_in: SignedIn) -> None:
    number = walk(town, to="HANDLING").number

    refused = signed_in("handler").post(
        f"/desk/cases/{number}/moves/HANDLE/",
        {
            "version": Case.objects.get().version,
            "result": "已修好",
            "photos": make_upload("a.mp4", make_movie()),
        },
    )

    assert "a.mp4：照片应是图片文件。" in refused.content.decode()
    assert "作为附件上传" in refused.content.decode()


def test_attachments_of_a_case_are_added_beside_a_bad_one(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    client = signed_in("dispatcher")
    before = Attachment.objects.count()

    page = client.post(
        f"/desk/cases/{case.number}/files/", {"files": make_uploads(), "kind": "PHOTO_BEFORE"}, follow=True
    ).content.decode()

    assert Attachment.objects.count() == before + 2
    panel = page.split('id="files"')[1].split("</section>")[0]
    assert "坏图.jpg：图片已损坏" in panel
    assert "已添加 2 个文件" in panel
    assert page.count("坏图.jpg") == 1


def test_a_file_over_the_number_is_named_and_the_first_20_stay(town: Town, signed_in: SignedIn) -> None:
    uploads = [make_upload(f"{number}.pdf", f"%PDF-1.7 {number}".encode()) for number in range(21)]

    refused = report(signed_in("dispatcher"), photos=uploads)

    html = refused.content.decode()
    assert "20.pdf：一次最多 20 个文件" in html
    assert len(read_kept(html).split(",")) == 20
