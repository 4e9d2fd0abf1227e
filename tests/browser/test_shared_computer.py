"""Two users who share a computer, as at the counter of an office."""

from playwright.sync_api import expect

from jiedao.testing.cast import Town, walk
from tests.browser.pages import Site


def test_the_next_user_does_not_see_the_draft_of_the_previous_one(site: Site, town: Town) -> None:
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
