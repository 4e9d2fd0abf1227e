"""The rules: each finds the claims of one kind in a text and computes them.

A rule is a function from a `Context` to claims. `RULES` lists them in the order in which they see a text.
"""
