"""Public review 公开审核: releasing the words, photos and place of a case to the public."""
