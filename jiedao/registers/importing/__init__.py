"""A sheet into a register: columns recognised, every row checked before anything is written."""
