"""`python -m jiedao`."""

from jiedao.cli import main

main()
