"""The settings of the provider, for modules that must not load its client at start."""

from django.conf import settings

from jiedao.accounts.oidc.faults import SETUP, SignInFault
from jiedao.environment import OidcSettings

LONGEST_SUBJECT = 255  # the limit of the specification


def get_settings() -> OidcSettings:
    """Return the settings of the provider; raise SignInFault if there is none."""
    config: OidcSettings | None = settings.JIEDAO_OIDC
    if config is None:
        raise SignInFault(SETUP, "JIEDAO_OIDC_DISCOVERY_URL is not set")
    return config
