"""What the demonstration registers of packs/buji say; `tools/make_buji_registers.py` writes them."""
