"""The fields of an entry that its seal and its authentication code bind."""

# The order is part of the canonical form.
SEALED_FIELDS = (
    "id",
    "at",
    "actor_label",
    "user_id",
    "post_id",
    "action",
    "object_type",
    "object_id",
    "before",
    "after",
    "request_id",
    "address",
)
READ_FIELDS = (*SEALED_FIELDS, "mac")
