"""The help: a topic for every page and every post, in both languages, with the names that the pages have."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.test import Client
from django.utils import translation

from jiedao.desk.help.rendering import render_markdown
from jiedao.desk.help.topics import FOLDER, LANGUAGES, TOPICS, read_topic
from jiedao.desk.help_pages import PAGES_BY_TOPIC, TOPIC_BY_PAGE
from jiedao.desk.tests.conftest import SignedIn
from jiedao.testing.cast import Town
from tests.structure.url_table import list_addresses

PACKAGE = Path(__file__).resolve().parents[2]
# Addresses that answer with data, a file or a part of a page, or that lead on at once.
NO_PAGES = {
    *(
        "desk:alike",
        "desk:attachment",
        "desk:draft",
        "desk:export",
        "desk:map_data",
        "desk:presence",
        "desk:board_export",
        "desk:category_words",
        "desk:named_places",
        "desk:questions",
        "desk:admin_audit_export",
        "desk:admin_own_toml",
        "desk:admin_pack_zip",
        "desk:import_mapping",
        "desk:import_refused",
        "desk:import_template",
    ),
    *("desk:register-export", "desk:register-map-data", "desk:register-template", "desk:task_file"),
    *("desk:form-blank", "desk:form-file"),
    *("desk:figures_export", "desk:district_export", "desk:figure_export", "desk:figure_template"),
    *("desk:score_publish", "desk:score_workbook", "desk:score_document"),
    *("desk:print_letter", "desk:hotspot_letter", "desk:pledge-letter", "desk:project-print"),
    *("desk:register-print", "desk:inspection_print", "desk:checklist_print"),
    "desk:review_photo",
    *("desk:help", "desk:help_topic"),
}


def read_names() -> dict[str, set[str]]:
    """Return the texts of all pages by language: the Chinese of the source, and their English."""
    names: dict[str, set[str]] = {"zh": set(), "en": set()}
    for path in PACKAGE.glob("*/locale/en/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                for language, texts in (("zh", message.id), ("en", message.string)):
                    names[language] |= {texts} if isinstance(texts, str) else set(texts)
    return names


def test_every_page_has_a_topic() -> None:
    pages = {name for name in list_addresses() if name.startswith(("desk:", "accounts:"))}

    assert pages - NO_PAGES - set(TOPIC_BY_PAGE) == set(), "add the page to desk/help_pages.py"
    assert set(TOPIC_BY_PAGE) - pages == set()
    assert len(TOPIC_BY_PAGE) == sum(map(len, PAGES_BY_TOPIC.values()))


def test_every_topic_exists_in_both_languages_and_no_other_file() -> None:
    files = {path.name for path in FOLDER.iterdir()}

    assert files == {f"{key}.{language}.md" for key in TOPICS for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_topic_has_a_title_a_summary_and_links_that_resolve(language: str) -> None:
    for key in TOPICS:
        topic = read_topic(key, language)
        text = (FOLDER / f"{key}.{language}.md").read_text(encoding="utf-8")

        assert text.startswith("# ")
        assert topic.title
        assert 0 < len(topic.summary) < 160
        assert set(re.findall(r"\]\(([^)]*)\)", text)) <= {f"{other}.{language}.md" for other in TOPICS}, key
        assert not re.search(r"\*\*|\]\(|^#", re.sub(r"<[^>]+>", "", topic.body), re.MULTILINE), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_in_bold_is_on_a_page(language: str) -> None:
    names = read_names()[language]

    unknown = {
        f"{key}: {name}"
        for key in TOPICS
        for name in re.findall(
            r"\*\*(.+?)\*\*", (FOLDER / f"{key}.{language}.md").read_text(encoding="utf-8")
        )
        if name not in names
    }

    assert not unknown, unknown


def test_the_text_of_a_topic_is_escaped() -> None:
    html = render_markdown(
        "## <b>\n\na **<i>** `<u>` [<s>](home.zh.md)\nb\n\n1. 一\n   二\n2. <script>\n\n- x"
    )

    assert "<script>" not in html
    assert html == (
        "<h2>&lt;b&gt;</h2>\n"
        '<p>a <b>&lt;i&gt;</b> <code>&lt;u&gt;</code> <a href="/desk/help/home/">&lt;s&gt;</a> b</p>\n'
        "<ol><li>一二</li><li>&lt;script&gt;</li></ol>\n<ul><li>x</li></ul>"
    )


@pytest.mark.parametrize(
    ("page", "topic"),
    [
        ("/desk/", "home"),
        ("/desk/cases/?state=CLOSED", "cases"),
        ("/desk/cases/new/", "new-case"),
        ("/desk/dispatcher/", "dispatcher"),
        ("/desk/account/", "account"),
        ("/accounts/password/", "account"),
    ],
)
def test_a_page_links_to_the_topic_that_explains_it(
    town: Town, signed_in: SignedIn, page: str, topic: str
) -> None:
    assert f'href="/desk/help/{topic}/"' in signed_in("dispatcher").get(page).content.decode()


def test_the_sign_in_page_links_to_help_that_a_stranger_may_read(town: Town) -> None:
    client = Client(headers={"Accept-Language": "zh-hans"})

    assert 'href="/desk/help/sign-in/"' in client.get("/accounts/sign-in/").content.decode()
    page = client.get("/desk/help/sign-in/").content.decode()
    assert "用管理员发的账号和密码登录" in page
    assert 'English · <span lang="en">Signing in</span>' in page
    assert 'class="j-nav' not in page


def test_help_is_in_the_language_of_the_reader(town: Town, signed_in: SignedIn) -> None:
    with translation.override("en"):
        english = (
            signed_in("dispatcher")
            .get("/desk/help/home/", headers={"Accept-Language": "en"})
            .content.decode()
        )

    assert "<h1>Home</h1>" in english
    assert 'Chinese · <span lang="zh">首页</span>' in english


def test_an_unknown_topic_leads_to_the_list(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("dispatcher").get("/desk/help/nothing/")

    assert page.status_code == 404
    assert 'href="/desk/help/"' in signed_in("dispatcher").get("/nowhere/").content.decode()


def test_the_list_names_every_topic(town: Town, signed_in: SignedIn) -> None:
    html = signed_in("grid1").get("/desk/help/").content.decode()

    assert set(re.findall(r'class="help__item" href="/desk/help/([a-z-]+)/"', html)) == set(TOPICS)
