"""The rules by which items of score sheets give points, as real sheets use them. All arithmetic is in decimals.

A rule is data of a pack, such as `{"rule": "rate", "points": 30}`. `reading.read_rule` reads it, and it is applied to
the values of an item's measures:

```python
rule = read_rule({"rule": "deduct", "points": 20, "per": 0.5})
result = rule.apply({"value": Decimal(7)})  # result.points == 16.5, result.formula == "20 − 0.5 × 7"
```

Every rule (`rule.py`) limits its result to the range from `floor` (0 by default) to `points`, and states its formula
with the numbers filled in. A missing value gives no points and a note, never 0 points.

Two values are optional for every rule that can use them: `factor` multiplies the points (the difficulty of a place),
and `allowed` of a deduction replaces its number (the average of all who are compared).

`amounts.py` has the rules that compute with a value, `bands.py` those that look up the range that holds it, `ranks.py`
those that compare it with the values of the others.
"""
