"""The use cases of forms: upload and bind a blank, fill it, confirm it."""
