"""Password rules that replace those of Django."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LengthValidator(MinimumLengthValidator):
    """Django's rule for the length, with a Chinese message, which Django lacks."""

    def get_error_message(self) -> str:
        """Return the message with the minimal length."""
        return _("密码太短，至少要 %(n)d 个字符。") % {"n": self.min_length}
