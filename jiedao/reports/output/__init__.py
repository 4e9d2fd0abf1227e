"""Write a document as Word, PDF and HTML."""
