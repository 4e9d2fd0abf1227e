"""The engine of packs: it reads, compares and writes what rooms declare, and knows no room.

A pack is a folder of files that describes a town. What may be in it is the sum of the parts that rooms register. The
way of a pack through the engine, and the modules in that order:

    tables       what a file may contain: FileSpec, Table, Column, Kind
    reading      files become rows that know their lines (toml, csv, geojson); rows.Row is one of them
    values       each value is checked against its column and converted
    pack         Pack: all rows, by file and table
    checks       checks for any table; faults.Report collects what is wrong: file, line, code, message, hint
    section      one kind of row: read from the pack, read from the database, compared, written
    comparing    Item: a row that is created, changed or retired; Comparison: all items of a section
    plan         Plan: the comparisons of all sections
    parts        PackPart: what a room registers; the order of parts and sections follows from what they link to
    about        the part that belongs to no room: pack.toml, with the policies that rooms declare

A room declares its part in a folder of its own. Benches, for a room `parks`:

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

`jiedao pack check`, `plan` and `apply` then know benches: jiedao/packs/tests/test_new_room.py proves it.
A value is checked once, by its column. A check reports a fault and goes on, so that one run reports all of them; before
it judges what rows of another file lack, it asks `report.has_read(file)`. What people did in the database is not the
pack's: a section compares and writes only the columns that the pack declares.
"""
