"""Public review 公开审核: what of a case the public may see."""
