"""Rules of passwords beside those of Django."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LengthValidator(MinimumLengthValidator):
    """Django's rule of length; Django has no Chinese for it."""

    def get_error_message(self) -> str:
        """Say how long a password has to be."""
        return _("密码太短，至少要 %(n)d 个字符。") % {"n": self.min_length}
