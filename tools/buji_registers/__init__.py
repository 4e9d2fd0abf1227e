"""The records of the demonstration registers of packs/buji; `tools/make_buji_registers.py` writes them."""
