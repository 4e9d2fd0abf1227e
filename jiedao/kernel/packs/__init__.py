"""The engine of packs: it reads, compares and writes what rooms declare, and knows no room.

A pack is a folder of files that describes a town. It may contain what the rooms have registered as their parts of a
pack. These are the modules, in the order in which a pack passes through them:

    tables       what a file may contain: FileSpec, Table, Column, Kind
    reading      files (toml, csv, geojson) become rows that know their lines; a row is a rows.Row
    values       each value is checked against its column and converted
    pack         Pack: all rows, by file and table
    checks       checks for any table; faults.Report collects the faults: file, line, code, message, hint
    section      TableSection: one kind of row, read from the pack and the database, compared, and written
    own          OwnLayer: what people change on a page, put over the values of the pack; own_toml writes it
    own_rows     RowLayer: rows that people add beside those of the pack, or switch off
    comparing    Item: a row that is created, changed or retired; Comparison: all items of a section
    plan         Plan: the comparisons of all sections, what refuses it and what it does to work that is going on
    parts        PackPart: what a room registers; parts and sections are ordered by what they link to
    about        the part that belongs to no room: pack.toml, with the policies that rooms declare

A room declares its part in its folder `pack`. This is the part of a room `parks` that owns benches:

    # parks/pack/tables.py
    BENCH = Table((required("code", most=10), required("name", most=20), required("unit", most=40)))
    FILES = (FileSpec("benches.toml", {"bench": BENCH}, required=False),)

    # parks/pack/sections.py
    class BenchSection(TableSection):
        kind, model = "bench", Bench
        file, table = "benches.toml", BENCH
        links = {"unit": "unit"}  # column -> kind of another section: units are written before benches

    # parks/pack/checks.py
    def check_benches(pack: Pack, report: Report) -> None:
        check_duplicates(pack.rows("benches.toml", "bench"), report)
        for row in pack.rows("benches.toml", "bench"):
            check_units_named(pack, row, "unit", [row.get("unit")], report)

    # parks/pack/part.py, registered in AppConfig.ready by register_part("jiedao.parks.pack.part.PART")
    PART = PackPart("parks", files=FILES, sections=(BenchSection(),), checks=(check_benches,))

Then `jiedao pack check`, `plan` and `apply` handle benches; jiedao/packs/tests/test_new_room.py proves it.

A value is checked once, by its column. A check reports a fault and continues, so that one run reports all faults.
Before it reports that a row of another file is missing, it calls `report.has_read(file)`. A section compares and writes
only the columns that the pack declares: a pack never changes what people have entered in the others.
"""
