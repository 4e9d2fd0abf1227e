import pytest

from jiedao.files.movies import BrokenMovie, clean_movie
from jiedao.files.tests.samples import FRAMES, PLACE, SECRET_SAMPLE, make_box, make_movie


@pytest.mark.parametrize("brand", [b"isom", b"qt  ", b"3gp5", b"M4A "])
def test_the_place_is_removed_and_the_frames_keep_their_position(brand: bytes) -> None:
    raw = make_movie(brand)
    assert raw.count(PLACE) == 3
    assert SECRET_SAMPLE in raw

    clean = clean_movie(raw).content

    assert PLACE not in clean
    assert SECRET_SAMPLE not in clean
    assert b"ISO6709" not in clean
    assert len(clean) == len(raw)
    assert clean.index(FRAMES) == raw.index(FRAMES)
    assert clean_movie(clean).content == clean


def test_sound_without_pictures_is_no_film() -> None:
    assert clean_movie(make_movie()).has_video
    assert not clean_movie(make_movie(tracks=(b"soun",))).has_video


def test_a_metadata_track_of_a_film_in_fragments_is_refused() -> None:
    fragment = make_box(b"moof", make_box(b"traf", make_box(b"tfhd", bytes(8))))

    assert clean_movie(make_movie(tracks=(b"vide",)) + fragment).has_video
    with pytest.raises(BrokenMovie):
        clean_movie(make_movie() + fragment)


def test_samples_outside_the_file_are_refused() -> None:
    raw = bytearray(make_movie(tracks=(b"vide", b"meta")))
    place = raw.rindex(b"stco") + 12
    raw[place : place + 4] = b"\x7f\xff\xff\xff"

    with pytest.raises(BrokenMovie):
        clean_movie(bytes(raw))
