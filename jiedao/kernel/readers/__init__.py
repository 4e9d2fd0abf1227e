"""The readers of single values: dates, numbers, degrees and texts, as people and spreadsheets write them.

Files, forms and the API use the same readers, so that a value means the same wherever it is written. A value that
can be read in two ways is refused with what to write instead; nothing is guessed.
"""
