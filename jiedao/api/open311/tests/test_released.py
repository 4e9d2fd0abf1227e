"""What a reviewer released of a case is shown until it is withdrawn: public words, blurred point, blacked-out photo."""

import io
from xml.etree import ElementTree as ET

from PIL import Image

from jiedao.api.open311.tests.conftest import get
from jiedao.publishing.review.actions import PublicDraft, release_case, withdraw_case
from jiedao.publishing.review.positions import blur_point
from jiedao.publishing.tests.participation.conftest import add_photo, give_rights
from jiedao.testing.cast import Town, walk

WORDS = PublicDraft(subject="小区门口堆放垃圾", text="门口堆放垃圾三天。", place_text="滨江路")


def test_a_released_request_shows_the_public_words_point_and_photo_until_it_is_withdrawn(town: Town) -> None:
    give_rights(town)
    case = walk(town)
    photo = add_photo(town, case)
    draft = PublicDraft(
        subject=WORDS.subject, text=WORDS.text, place_text="滨江路", photos={photo: [[0, 0, 500, 1000]]}
    )
    release_case(town.actor("registrar"), case.pk, draft, version=0)

    [row] = get(f"requests/{case.number}.json").json()
    assert (row["description"], row["address"]) == ("门口堆放垃圾三天。", "滨江路, 临江社区")
    assert (row["long"], row["lat"]) == blur_point(114.105, 22.605)
    assert row["media_url"].startswith("http://testserver/open311/v2/media/")
    [element] = ET.fromstring(get("requests.xml").content)
    assert element.findtext("lat") == str(row["lat"])
    path = row["media_url"].removeprefix("http://testserver/open311/v2/")
    picture = get(path)
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(picture.content)).getpixel((20, 50)) == (0, 0, 0)

    withdraw_case(town.actor("registrar"), case.pk, note="反映人要求", version=1)
    [row] = get(f"requests/{case.number}.json").json()
    assert [row[name] for name in ("description", "lat", "long", "media_url")] == [None] * 4
    assert get(path).status_code == 404
