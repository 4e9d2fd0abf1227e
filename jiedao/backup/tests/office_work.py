"""Work in an office, as a process of its own on its database: `python -m jiedao.backup.tests.office_work NAME ...`.

Creates a user, an attachment and a sealed audit entry for each name, and a model; prints the verdict of `jiedao audit
verify`. The database is migrated first, which does nothing where it is migrated already.
"""

import sys

import django
from django.conf import settings
from django.core.management import call_command


def main(names: list[str]) -> None:
    """Do the work for each name."""
    from jiedao.audit.commands import audit_group
    from jiedao.audit.sealing import seal_entries
    from jiedao.files.models import Attachment, Blob
    from jiedao.files.storage import save_content
    from jiedao.orgs.actions import create_user
    from jiedao.orgs.actor import make_system_actor

    call_command("migrate", verbosity=0)
    for name in names:
        create_user(
            actor=make_system_actor("test"), username=name, full_name=name, password="a long password 1"
        )
        content = f"the attachment of {name}".encode()
        blob = Blob.objects.create(sha256=save_content(content), size=len(content), content_type="text/plain")
        Attachment.objects.create(blob=blob, name=f"{name}.txt")
        seal_entries()
    folder = settings.JIEDAO_DATA / "models"
    folder.mkdir(exist_ok=True)
    (folder / "suggest.npz").write_bytes(b"numbers of " + names[-1].encode())
    audit_group(["verify", "--json"])


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1:])
