"""Import a sheet into a register: recognise the columns, and check every row before writing anything."""
