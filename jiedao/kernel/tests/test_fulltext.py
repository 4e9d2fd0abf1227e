"""Search tokens of texts and phrases."""

import sqlite3

from jiedao.kernel.fulltext import MAX_TOKEN, query_tokens, search_tokens


def test_search_tokens_are_pairs_and_whole_words() -> None:
    assert search_tokens("A市 噪音KTV，3栋") == ["a", "市", "噪音", "ktv", "3", "栋"]
    assert search_tokens("Ａ市噪音") == ["a", "市噪", "噪音"]
    assert search_tokens("l'été ①_x") == ["l", "été", "1", "x"]
    assert search_tokens("x" * 500) == ["x" * MAX_TOKEN]
    assert search_tokens("，。'\"&|!:*()") == []


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
