"""The town of these tests: the cast with rights to publish, in Chinese."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from jiedao.kernel import clock
from jiedao.publishing.tests.people import grant_publishing_rights
from jiedao.reports.tests.conftest import JULY, ReportTown, make_report_town
from jiedao.testing.cast import Town, make_town


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Read Chinese messages, even if an earlier test used another language."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """The cast on 1 July 2020."""
    with clock.at(JULY):
        yield grant_publishing_rights(make_town())


@pytest.fixture
def report_town(db: None) -> Iterator[ReportTown]:
    """The town with a register of works and a report over it, on 1 July 2020."""
    with clock.at(JULY):
        made = make_report_town()
        grant_publishing_rights(made.town)
        yield made
