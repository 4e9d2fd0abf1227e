"""Tables from untrusted files: .xlsx read in a confined process, and text in any common encoding."""
