# ruff: noqa: E501 (a table, one wrong expression a line)
"""Wrong expressions, each with the exact position, message and hint, and what correct ones give."""

import re

import pytest
from django.utils.translation import override

from jiedao.kernel.expressions import (
    BOOL,
    DATE,
    NUMBER,
    TEXT,
    ComputingFault,
    Environment,
    ExpressionFault,
    Type,
    choice_of,
    compile_expression,
    find_expression_faults,
    list_of,
    object_of,
    text_of,
)
from jiedao.kernel.nearest import find_nearest

NAMES = Environment(
    {
        "storeys": NUMBER,
        "exits": NUMBER,
        "use": choice_of({"HOME": "居住", "SHOP": "商铺", "CARGO": "货运"}),
        "alarms": BOOL,
        "tested": DATE,
        "tested_days": NUMBER,
        "name": TEXT,
        "tags": list_of(TEXT),
        "category": object_of(
            {
                "kind": choice_of({"COMPONENT": "部件", "MATTER": "事项"}),
                "major": text_of({"06": "市容环境", "07": "宣传广告"}),
                "name": TEXT,
            }
        ),
    },
    labels={"storeys": "层数", "use": "用途"},
    closed={"owner": "personal"},
    example="storeys >= 7",
)
# The expression, the character at which it is wrong (from 1), what is wrong, and what to write.
WRONG_CONDITIONS = [
    ("storeys < '2010'", 11, "storeys is a number, '2010' is a text: they cannot be compared", 'Write a number without quotes: 2010.'),
    ("storeys == 'many'", 12, "storeys is a number, 'many' is a text: they cannot be compared", 'Compare it with a number: storeys >= 7.'),
    ('storeys == true', 12, 'storeys is a number, true is true or false: they cannot be compared', 'Compare it with a number: storeys >= 7.'),
    ('storeys == use', 12, 'storeys is a number, use is a choice: they cannot be compared', 'Compare it with a number: storeys >= 7.'),
    ("'7' <= storeys", 1, "storeys is a number, '7' is a text: they cannot be compared", 'Write a number without quotes: 7.'),
    ("alarms == 'yes'", 11, "alarms is true or false, 'yes' is a text: they cannot be compared", 'Write alarms or !alarms.'),
    ('alarms == 1', 11, 'alarms is true or false, 1 is a number: they cannot be compared', 'Write alarms or !alarms.'),
    ('name == 7', 9, 'name is a text, 7 is a number: they cannot be compared', "Write a text in quotes: '7'."),
    ('name == 06', 9, '06 begins with 0, which a number loses', "A code is a text in quotes: '06'."),
    ('use == 3', 8, 'use is a choice, 3 is a number: they cannot be compared', 'Compare it with a code in quotes: HOME (居住), SHOP (商铺), CARGO (货运).'),
    ("use == 'CARG'", 8, "use has no code 'CARG'", "Did you mean 'CARGO'?"),
    ("use == '商铺'", 8, "use has no code '商铺'", "Write the code instead of the name: 'SHOP'."),
    ("use == 'OFFICE'", 8, "use has no code 'OFFICE'", 'Codes: HOME (居住), SHOP (商铺), CARGO (货运).'),
    ('use == SHOP', 8, "there is no name 'SHOP'", "It is a code of use: write it in quotes, 'SHOP'."),
    ("use > 'HOME'", 5, 'use is a choice, which has no order: > cannot be used', "Use == or in: use in ['HOME', 'SHOP']."),
    ("use in ['HOME', 'SHP']", 17, "use has no code 'SHP'", "Did you mean 'SHOP'?"),
    ("use in 'HOME'", 8, "in needs a list after it, 'HOME' is a text", "Write brackets: use in ['HOME']."),
    ('use in (HOME, SHOP)', 13, 'there is a comma in round brackets', "Write a list in [ ]: ['A', 'B']."),
    ("use not in ['HOME']", 5, 'there is no operator not in', "Write !(x in ['A', 'B'])."),
    ("use.contains('HO')", 1, 'use is a choice and has no contains', "Compare it with a code: use == 'HOME'. Codes: HOME (居住), SHOP (商铺), CARGO (货运)."),
    ("category.major == '99'", 19, "category.major has no code '99'", 'Codes: 06 (市容环境), 07 (宣传广告).'),
    ("category.kind == 'MATER'", 18, "category.kind has no code 'MATER'", "Did you mean 'MATTER'?"),
    ("category.mayor == '06'", 10, "category has no 'mayor'", 'Did you mean major?'),
    ("category == '06'", 1, 'category is a group of values and cannot be compared by ==', 'Only single values are compared; for a list use in.'),
    ("tested < '2010'", 10, "tested is a date, '2010' is not written as one", "Write '2010-01-01': year, month and day in quotes."),
    ("tested < '2010/1/5'", 10, "tested is a date, '2010/1/5' is not written as one", "Write '2010-01-05': year, month and day in quotes."),
    ("tested < '2010年1月5日'", 10, "tested is a date, '2010年1月5日' is not written as one", "Write '2010-01-05': year, month and day in quotes."),
    ("tested == '2010-02-30'", 11, 'there is no day 2010-02-30', "Write a day that exists, such as '2020-01-31'."),
    ('tested < 2010', 10, 'tested is a date, 2010 is a number: they cannot be compared', "Compare it with a date: '2010-01-01'. The days since it are tested_days."),
    ('tested - 30 > 0', 1, '- is for numbers, tested is a date', 'The days since it are tested_days.'),
    ("tested.contains('2010')", 1, 'contains is for texts, tested is a date', 'Compare it by ==, < and so on.'),
    ('storeys + name > 3', 11, '+ is for numbers, name is a text', 'Use numbers only.'),
    ("name + 'x' == 'yx'", 1, '+ is for numbers, name is a text', 'Use numbers only.'),
    ("storeys + '3' > 5", 11, "+ is for numbers, '3' is a text", 'Write a number without quotes.'),
    ('storeys / 0 > 1', 11, 'the divisor is 0', 'Write a number other than 0.'),
    ("-name == 'x'", 2, 'a minus needs a number, name is a text', 'Delete the minus.'),
    ('!storeys', 2, '! needs a condition, storeys is a number', 'Make it a condition: storeys > 0.'),
    ('storeys && alarms', 1, '&& needs a condition, storeys is a number', 'Make it a condition: storeys > 0.'),
    ('alarms || name', 11, '|| needs a condition, name is a text', "Make it a condition: name == '…'."),
    ('storeys', 1, 'the result is a number, but true or false is needed', 'Make it a condition: storeys > 0.'),
    ('name', 1, 'the result is a text, but true or false is needed', "Make it a condition: name == '…'."),
    ('use', 1, 'the result is a choice, but true or false is needed', "Make it a condition: use == 'HOME'."),
    ('tested', 1, 'the result is a date, but true or false is needed', "Make it a condition: has(tested) or tested < '2020-01-31'."),
    ('[1, 2]', 1, 'the result is a list, but true or false is needed', "Make it a condition, such as x in ['A', 'B']."),
    ('storeys ? alarms : !alarms', 1, '? needs a condition, storeys is a number', 'Make it a condition: storeys > 0.'),
    ("alarms ? 1 : 'x'", 14, 'one side of : is a number, the other a text', 'Both sides are single values of one type.'),
    ('max(storeys, 3) > 4', 1, 'there is no function max', 'Use ? :, as in a > b ? a : b.'),
    ('len(name) > 3', 1, 'there is no function len', 'Write size(x).'),
    ("name.matches('a+')", 6, 'there is no function matches', 'Use contains, startsWith or endsWith.'),
    ('[1, 2].exists(x, x > 1)', 8, 'there is no function exists', "Write x in ['A', 'B'], or join conditions by ||."),
    ("timestamp('2010-01-01') < tested", 1, 'there is no function timestamp', "Compare a date with a text: tested < '2020-01-31'."),
    ("contains(name, 'x')", 1, 'contains is written after the text', "Write name.contains('…')."),
    ("name.contain('x')", 6, 'there is no function contain', 'Did you mean contains?'),
    ('name.contains', 14, 'the brackets after contains are missing', 'Write name.contains(…).'),
    ('name.contains(7)', 15, 'contains() needs a text, 7 is a number', "Write a text in quotes: '7'."),
    ("name.contains('a', 'b')", 1, 'contains() needs one text', "Such as name.contains('垃圾')."),
    ('size(storeys) > 1', 6, 'size() counts the characters of a text or the items of a list, storeys is a number', 'Use storeys itself.'),
    ('int(name) > 1', 5, 'int() needs a number, name is a text', 'Only a number becomes another number.'),
    ('has(storeys + 1)', 1, 'has() needs one name', 'Such as has(storeys), which is true where it is filled in.'),
    ('has(category)', 5, 'has() needs one name', 'Name one of its parts: has(category.kind).'),
    ('vanish(storeys)', 1, 'there is no function vanish', "Functions: has(x), size(x), double(x), int(x), x.contains('…'), x.startsWith('…'), x.endsWith('…')."),
    ('storys > 7', 1, "there is no name 'storys'", 'Did you mean storeys?'),
    ('层数 > 7', 1, "there is no name '层数'", 'Its name is storeys.'),
    ("owner == 'x'", 1, 'owner cannot be used: personal', 'Names: storeys, exits, use, alarms, tested, tested_days, name, tags, category.'),
    ('roof', 1, "there is no name 'roof'", 'Names: storeys, exits, use, alarms, tested, tested_days, name, tags, category. A text is written in quotes.'),
    ('storeys.value > 7', 8, "storeys is a number and has no '.value'", "Delete '.value'."),
    ('alarms and storeys > 7', 8, 'there is no operator and', 'Write &&'),
    ('alarms AND storeys > 7', 8, 'there is no operator AND', 'Write &&'),
    ("alarms or name == 'x'", 8, 'there is no operator or', 'Write ||'),
    ('not alarms', 1, 'there is no operator not', 'Write !, as in !alarms.'),
    ('storeys = 7', 9, 'there is no operator =', 'Write =='),
    ('storeys <> 7', 9, 'there is no operator <>', 'Write !='),
    ('storeys => 7', 9, 'there is no operator =>', 'Write >='),
    ('storeys =< 7', 9, 'there is no operator =<', 'Write <='),
    ('storeys === 7', 9, 'there is no operator ===', 'Write =='),
    ('storeys is 7', 9, 'there is no operator is', 'Write =='),
    ('storeys between 1', 9, 'there is no operator between', 'Write two comparisons: x >= 1 && x <= 5.'),
    ('alarms & storeys > 7', 8, 'there is no operator &', 'Write &&'),
    ('alarms 且 storeys > 7', 8, 'there is no operator 且', 'Write &&'),
    ('storeys 大于 7', 9, 'there is no operator 大于', 'Write >'),
    ('use == null', 8, 'there is no null in expressions', 'To test whether a value is filled in write has(storeys), or !has(storeys) where it is not.'),
    ('alarms == True', 11, 'there is no value True', 'Write true.'),
    ('use == “HOME”', 8, '“ is a Chinese quotation mark', "Write ' on both sides."),
    ('use == ‘HOME’', 8, '‘ is a Chinese quotation mark', "Write ' on both sides."),
    ("use == 'HOME", 8, 'the quote is not closed', "Write another ' after the text: 'HOME'."),
    ('use == \'HOME"', 8, 'the quote is not closed', 'It begins with \', but " follows as character 13: use the same on both sides.'),
    ("use == 'HOME’", 8, 'the quote is not closed', "’ is a Chinese quotation mark and does not end it: write ' on both sides."),
    ("use == ''HOME'", 14, 'the quote is not closed', "Delete it, or write a text between quotes: 'A'."),
    ('（storeys > 7）', 1, '（ is a full-width bracket', 'Write ('),
    ('storeys ＞ 7', 9, '＞ is a full-width operator', 'Write >'),
    ('storeys ≥ 7', 9, 'there is no operator ≥', 'Write >='),
    ('storeys × 2 > 7', 9, 'there is no operator ×', 'Write *'),
    ("use in ['HOME'，'SHOP']", 15, '， is a Chinese comma', 'Write ,'),
    ("use in ['HOME'、'SHOP']", 15, '、 is a Chinese comma', 'Write ,'),
    ("use in 【'HOME'】", 8, '【 is a full-width bracket', 'Write ['),
    ('alarms ＆＆ storeys > 7', 8, '＆＆ is a full-width operator', 'Write &&'),
    ('storeys > ７', 11, '７ is a full-width character', 'Write 7'),
    ('ｓtoreys > 7', 1, "'ｓtoreys' holds full-width characters", 'Write storeys.'),
    ('storeys\u3000> 7', 8, 'there is a full-width space', 'Type a normal space.'),
    ("use in ['HOME' 'SHOP']", 15, 'a comma is missing here', "Separate the parts by a comma: 'HOME', 'SHOP'."),
    ("use in ['HOME', 'SHOP'", 23, 'a ] is missing here', 'It closes the [ of character 8.'),
    ("use in ['HOME',]", 15, 'there is a comma too many', 'Delete it.'),
    ('(storeys > 7 && alarms', 23, 'a ) is missing here', 'It closes the ( of character 1.'),
    ('storeys > 7)', 12, 'there is a ) too many', 'No ( before it is open: delete it, or add the other one.'),
    ('((storeys > 7) && (exits < 2)', 30, 'a ) is missing here', 'It closes the ( of character 1.'),
    ('storeys > 1,000', 12, 'a number has no comma', 'Write a number without separators: 1000.'),
    ('storeys > 7 exits < 2', 12, 'an operator is missing between 7 and exits', 'Join two conditions by && or ||, compare two values by ==, < and so on.'),
    ('storeys >', 10, 'a value is missing after >', "Write a value, such as 7, 'A' or the name of a field."),
    ('&& alarms', 1, 'a value is missing before &&', 'Such as storeys >= 7.'),
    ('alarms && || alarms', 10, 'a value is missing after &&', "Write a value, such as 7, 'A' or the name of a field."),
    ('1 < storeys < 5', 13, 'comparisons cannot be chained', 'Write two: 1 <= x && x <= 5.'),
    ('storeys > 7 ? alarms', 21, 'a : is missing here', 'The complete form is condition ? value : other (the ? is character 13).'),
    ('storeys : 7', 9, 'there is no ? before this :', 'The complete form is condition ? value : other.'),
    ('()', 2, 'the brackets are empty', 'Write a condition or a value, or delete the brackets.'),
    ('use in []== true', 10, 'comparisons cannot be chained', 'Write two: 1 <= x && x <= 5.'),
    ('storeys > 7层', 11, "'7层' is not a number", 'Write a number without a unit or suffix: 7. No name begins with a digit.'),
    ('storeys > 0x1F', 11, "'0x1F' is not a number", 'Write a number without a unit or suffix: 0. No name begins with a digit.'),
    ("r'a' == name", 1, "there is a 'r' before the quote", "Write no letter before a quote: '…'."),
    ("name == 'a\\qb'", 11, "'q' after a backslash has no meaning", 'Write a backslash as \\\\.'),
    ('storeys # high', 9, 'an expression holds no remarks', 'Write the remark outside the expression.'),
    ('storeys; alarms', 8, '; is no sign of expressions', 'Join two conditions by &&.'),
    ("{'a': 1}", 1, 'an expression holds no braces', "Write a list in [ ]: ['A', 'B']."),
    ('category.', 10, 'a name is missing after .', 'Such as category.name.'),
    ("use[0] == 'H'", 4, 'an item cannot be chosen by [ ]', "To find a value in a list write x in ['A', 'B']."),
    ('1e400 > storeys', 1, 'the number is too large: 1e400', 'Numbers reach to 1e15.'),
    ('storeys > 99999999999999999', 11, 'the number is too large: 99999999999999999', 'Numbers reach to 1e15.'),
    ("[1, 'a'] == name", 5, 'the list holds a number and a text', "The values of a list are of one type: [1, 2] or ['A', 'B']."),
    ('alarms.size() > 1', 1, 'size() counts the characters of a text or the items of a list, alarms is true or false', 'Use alarms itself.'),
    ("name == 'x' and", 13, 'there is no operator and', 'Write &&'),
    ('     ', 1, 'the expression is empty', 'Write a condition, such as storeys >= 7.'),
    ('', 1, 'the expression is empty', 'Write a condition, such as storeys >= 7.'),
]  # fmt: skip
WRONG_FORMULAS = [
    ('storeys > 7', 1, 'the result is true or false, but a number is needed', 'Write a formula, such as storeys >= 7.'),
    ('name', 1, 'the result is a text, but a number is needed', 'Write a formula, such as storeys >= 7.'),
    ('storeys + ', 10, 'a value is missing after +', "Write a value, such as 7, 'A' or the name of a field."),
    ("storeys * '2'", 11, "* is for numbers, '2' is a text", 'Write a number without quotes.'),
    ('exits + stories', 9, "there is no name 'stories'", 'Did you mean storeys?'),
]  # fmt: skip


def list_faults(text: str, wanted: Type = BOOL) -> list[tuple[int, str, str]]:
    with override("en"):
        return [
            (fault.at + 1, fault.message, fault.hint)
            for fault in find_expression_faults(text, NAMES, wanted=wanted)
        ]


@pytest.mark.parametrize(("text", "number", "message", "hint"), WRONG_CONDITIONS)
def test_a_wrong_condition_has_one_fault_with_its_place_and_what_to_write(
    text: str, number: int, message: str, hint: str
) -> None:
    assert list_faults(text) == [(number, message, hint)]


@pytest.mark.parametrize(("text", "number", "message", "hint"), WRONG_FORMULAS)
def test_a_wrong_formula_has_one_fault_with_its_place_and_what_to_write(
    text: str, number: int, message: str, hint: str
) -> None:
    assert list_faults(text, NUMBER) == [(number, message, hint)]


@pytest.mark.parametrize("text", [row[0] for row in WRONG_CONDITIONS])
def test_the_same_faults_are_worded_in_chinese(text: str) -> None:
    with override("zh-hans"):
        (fault,) = find_expression_faults(text, NAMES, wanted=BOOL)
        assert re.search("[\u4e00-\u9fff]", fault.message)
        assert fault.hint
        assert fault.describe().startswith(f"第 {fault.at + 1} 个字符：{fault.message}。")
    with override("en"):  # the words follow the reader, whenever the fault was found
        assert fault.message == list_faults(text)[0][1]


def test_faults_that_do_not_follow_from_each_other_are_all_reported() -> None:
    faults = list_faults("use == 'HOM' && storys > 1")
    assert [(number, message) for number, message, _hint in faults] == [
        (8, "use has no code 'HOM'"),
        (17, "there is no name 'storys'"),
    ]
    assert len(list_faults("(storys + 1) * 2 > exits")) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("storeys >= 7 && !alarms", True),
        ("storeys / 2 == 3.5", True),
        ("storeys % 4 == 3", True),
        ("-storeys + 10 > 2.5 * 1", True),
        ("1 + 2 * 3 == 7 && (1 + 2) * 3 == 9", True),
        ("use == 'HOME' || use in ['SHOP', 'CARGO']", True),
        ("'HOME' != use", False),
        ("tested < '2010-01-01'", False),
        ("tested >= '2019-06-29' && tested_days > 300", True),
        ("size(name) == 4 && name.size() == size(['a', 'b', 'c', 'd'])", True),
        ("name.startsWith('翠湖') && name.contains('花') && !name.endsWith('路')", True),
        ("'老旧' in tags", True),
        ("category.kind == 'MATTER' && category.major in ['06']", True),
        ("category.major < '07'", True),
        ("alarms ? storeys > 9 : storeys > 6", True),
        ("double(storeys) / 3 > 2 && int(storeys / 2) == 3", True),
        ("name == \"翠湖花园\" && name != 'it\\'s'", True),
        ("true || false", True),
        (" storeys\n >= 7 ", True),
        ("has(storeys) && !has(exits)", True),
    ],
)
def test_a_correct_condition_has_its_value(text: str, value: bool) -> None:
    row = {
        "storeys": 7,
        "use": "HOME",
        "alarms": False,
        "tested": "2019-06-29",
        "tested_days": 367,
        "name": "翠湖花园",
        "tags": ["老旧", "合用"],
        "category": {"kind": "MATTER", "major": "06", "name": "暴露垃圾"},
    }
    assert compile_expression(text, NAMES, wanted=BOOL).evaluate(row) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("storeys > 6", None),
        ("storeys == storeys", None),
        ("!(storeys > 6)", None),
        ("storeys + 1 > 6", None),
        ("storeys in [1, 2]", None),
        ("name.contains('x')", None),
        ("storeys > 6 && alarms", None),
        ("storeys > 6 && !alarms", False),
        ("!alarms && storeys > 6", False),
        ("storeys > 6 || alarms", True),
        ("storeys > 6 || !alarms", None),
        ("has(storeys)", False),
        ("!has(storeys) || storeys > 6", True),
        ("has(storeys) ? storeys > 6 : alarms", True),
        ("storeys > 6 ? true : true", None),
    ],
)
def test_a_missing_value_leaves_what_needs_it_undecided(text: str, value: bool | None) -> None:
    condition = compile_expression(text, NAMES, wanted=BOOL)
    for row in ({"alarms": True}, {"alarms": True, "storeys": None, "name": None}):
        assert condition.evaluate(row) is value
        assert condition.holds(row) is (value is True)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("storeys / exits > 2", "'storeys / exits' divides by zero: exits is 0"),
        ("storeys % (exits - 0) > 2", "'storeys % (exits - 0)' divides by zero: (exits - 0) is 0"),
        ("storeys * 1e15 * 1e15 > 2", "'storeys * 1e15' results in a number that is too large"),
        ("storeys / exits > 2 && alarms", "'storeys / exits' divides by zero: exits is 0"),
        ("name == 'x'", "the value of name should be a text and is 7"),
    ],
)
def test_what_only_a_row_shows_is_a_fault_of_the_row_in_words(text: str, cause: str) -> None:
    condition = compile_expression(text, NAMES, wanted=BOOL)
    with override("en"), pytest.raises(ComputingFault) as fault:
        condition.evaluate({"storeys": 1e290, "exits": 0, "alarms": True, "name": 7})
    with override("en"):
        assert fault.value.cause == cause
    assert fault.value.status == 422


@pytest.mark.parametrize(
    "text",
    ["exits > 0 && storeys / exits > 2", "storeys / exits > 2 && exits > 0", "alarms || 1 / exits > 2"],
)
def test_a_fault_that_does_not_decide_is_none(text: str) -> None:
    expected = text.startswith("alarms")
    row = {"storeys": 7, "exits": 0, "alarms": True}
    assert compile_expression(text, NAMES, wanted=BOOL).evaluate(row) is expected


def test_texts_that_only_an_attacker_writes_are_refused_in_words() -> None:
    for text in (
        "(" * 3000, "!" * 3000 + "alarms", "1+" * 1900 + "1 > 2", "a" * 5000, "[" * 200 + "]" * 200,
        "storeys" + ".a" * 1500, "alarms ? " * 400, "-" * 3000 + "1 > 2", "9" * 3900 + " > 1",
    ):  # fmt: skip
        with pytest.raises(ExpressionFault):
            compile_expression(text, NAMES, wanted=BOOL)
    long = " && ".join(["alarms"] * 400)
    assert compile_expression(long, NAMES, wanted=BOOL).evaluate({"alarms": True}) is True


@pytest.mark.parametrize(
    ("word", "known", "nearest"),
    [
        ("parnet", ["parent", "unit"], ["parent"]),
        ("CARG", ["CARGO", "SHOP"], ["CARGO"]),
        ("cargo", ["CARGO", "SHOP"], ["CARGO"]),
        ("OFFICE", ["CARGO", "SHOP"], []),
        ("XX", ["CG", "JDB"], []),
        ("A", ["B", "C"], []),
        ("440307014009", ["440307014001", "440307014002"], ["440307014001", "440307014002"]),
        ("440307014009", [f"44030701400{digit}" for digit in range(1, 8)], []),
        ("440307014010", ["440307014001", "440307015001"], ["440307014001"]),
        ("440307099999", ["440307014001"], []),
        ("", ["A"], []),
    ],
)
def test_a_name_is_suggested_only_where_it_is_near(word: str, known: list[str], nearest: list[str]) -> None:
    assert find_nearest(word, known) == nearest
