"""The settings of jiedao with a few addresses more, at which a request does not end."""

from jiedao.settings import *  # noqa: F403

ROOT_URLCONF = "tests.serving.hanging_urls"
