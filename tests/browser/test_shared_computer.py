"""One computer and two people, as at the counter of an office."""

from playwright.sync_api import expect

from jiedao.testing.cast import Town, walk
from tests.browser.pages import Site


def test_the_next_person_does_not_find_what_the_last_one_was_writing(site: Site, town: Town) -> None:
    form = f"/desk/cases/{walk(town, to='HANDLING').number}/?move=COMMENT"
    words = site.page.locator("textarea[name=note]").first
    site.sign_in("handler")
    site.open(form)
    words.fill("只是给自己看的话")
    expect(site.page.locator(".j-draft-note").first).not_to_be_empty()
    site.sign_in("shift")
    site.open(form)
    expect(words).to_have_value("")
    site.sign_in("handler")
    site.open(form)
    expect(words).to_have_value("只是给自己看的话")
