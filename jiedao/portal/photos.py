"""Which photos the site accepts, in words: beside the field, and after a file that is none of them."""

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.files.kinds import FILE_TYPES

MIB = 1024 * 1024


def describe_accepted_photos() -> str:
    """Return the types and the size of the photos that are accepted."""
    types = "、".join(file_type.code for file_type in FILE_TYPES if file_type.is_image)
    return _("可以用 %(types)s 格式的照片，每张不超过 %(most)d MB。") % {
        "types": types,
        "most": settings.JIEDAO_UPLOAD_BYTES // MIB,
    }
