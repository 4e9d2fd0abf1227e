"""Workbooks of a register: the template that an import reads, and the export."""
