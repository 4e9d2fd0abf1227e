"""The offices' own Word templates: a letterhead into which a report is put, or a document with figures of its own."""
