"""Search tokens of texts and phrases."""

import sqlite3

from jiedao.kernel.fulltext import MAX_TOKEN, query_tokens, search_tokens


def test_search_tokens_are_pairs_and_whole_words() -> None:
    assert search_tokens("KTV市 噪音KTV，街道") == ["ktv", "市", "噪音", "ktv", "街道"]
    assert search_tokens("ＫＴＶ噪音大") == ["ktv", "噪音", "音大"]
    assert search_tokens("l'été ①_x") == ["l", "été", "1", "x"]
    assert search_tokens("x" * 500) == ["x" * MAX_TOKEN]
    assert search_tokens("，。'\"&|!:*()") == []


def test_a_number_is_joined_with_the_characters_beside_it() -> None:
    assert search_tokens("桥头24号门") == ["桥头", "24", "头24", "24号", "24号门", "号门"]
    assert query_tokens("桥头２４号门") == ["桥头", "头24", "24号门"]
    assert query_tokens("24号") == ["24号"]
    assert query_tokens("A座") == ["a座"]


def test_a_numeral_that_numbers_something_is_found_as_digits() -> None:
    assert set(search_tokens("桥头二十四号门")) >= {"十四", "四号", "24", "头24", "24号", "24号门"}
    assert query_tokens("桥头二十四号门") == query_tokens("桥头24号门")
    assert not set(query_tokens("四号门")) <= set(search_tokens("二十四号门"))


def test_query_tokens_are_distinct_and_leave_lone_characters_out() -> None:
    assert query_tokens("噪音 噪音 KTV 的") == ["噪音", "ktv"]
    assert query_tokens("路") == ["路"]
    assert query_tokens("") == []


def test_fts5_finds_two_character_words() -> None:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE s USING fts5(t, tokenize='unicode61')")
    for text in ("青竹小区半夜KTV噪音", "石桥村路灯不亮", "音噪"):
        base.execute("INSERT INTO s VALUES (?)", (" ".join(search_tokens(text)),))

    def rows(phrase: str) -> list[int]:
        query = " AND ".join(f'"{token}"' for token in query_tokens(phrase))
        return [
            row for (row,) in base.execute("SELECT rowid FROM s WHERE s MATCH ? ORDER BY rowid", (query,))
        ]

    assert rows("噪音") == [1]
    assert rows("ktv 小区") == [1]
    assert rows("桥村路灯") == [2]
