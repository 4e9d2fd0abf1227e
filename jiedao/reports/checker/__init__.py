"""Check the numbers of a report text against one another.

```python
from jiedao.reports.checker import check_text

result = check_text(text)
for finding in result.findings:
    print(finding.verdict, finding.sentence, finding.reason)
```

The checker knows the language and the arithmetic of reports, and nothing about the office that wrote one. It reads a
text in four steps:

1. `folding` brings wide and traditional characters to one form, without moving any character.
2. `layout` cuts the text into sentences, clauses and cells of tables.
3. `quantities` finds the numbers with their units, magnitudes and approximations.
4. `rules` finds claims about these quantities, such as a share of a total, and computes them.

A rule raises an alarm (`Verdict.WRONG`) only when every reading of the claim in reach has failed: offices truncate as
well as round, leave out the denominator of a rate, and count 基本满意 in part.
"""

from jiedao.reports.checker.checking import check_text
from jiedao.reports.checker.findings import CheckResult, Claim, Finding, Kind, Verdict

__all__ = ["CheckResult", "Claim", "Finding", "Kind", "Verdict", "check_text"]
