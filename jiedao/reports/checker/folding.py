"""Bring the characters of a text to one form, each at its own position."""

import re
from functools import cache

# Traditional characters of the words that the rules look for, each before its simplified form.
_SIMPLIFIED = (
    "億亿 萬万 個个 與与 僅仅 餘余 歲岁 戶户 棟栋 條条 項项 處处 幾几 間间 層层 樓楼 輛辆 場场 標标 達达 約约 為为 "
    "類类 佔占 環环 減减 長长 漲涨 實实 際际 結结 轉转 辦办 滿满 訴诉 響响 應应 總总 計计 額额 產产 業业 較较 從从 "
    "單单 別别 現现 進进 農农 營营 務务 貿贸 費费 財财 稅税 規规 礦矿 數数 據据 報报 體体 區区 縣县 鎮镇 鄉乡 畝亩 "
    "頃顷 噸吨 係系 網网 問问 題题 發发 無无 覈核 還还 級级 門门 內内 華华 國国 點点 兩两 雙双 參参 對对 組组 織织 "
    "調调 構构 貢贡 獻献 東东 屬属 銷销 熱热 線线 優优 誤误 懸悬 徵征 歸归 終终 運运 創创 職职 員员 輔辅 導导 機机 "
    "關关 鐵铁 橋桥 閉闭 辭辞 頁页 顧顾 預预 圍围 維维 護护 聯联 繫系 戰战 備备 兒儿 "
)
_MARKS = {
    "∶": ":", "﹕": ":", "−": "-", "–": "-", "—": "-", "─": "-", "〜": "-", "﹪": "%", "\u00a0": " ", "\u3000": " ",
    "\u2002": " ", "\u2003": " ", "\u2009": " ", "\t": " ", "\r": "\n", "│": "|", "┃": "|",
}  # fmt: skip


_FOOTNOTE = re.compile(r"\[(?:注?\d{1,2}|注)\](?!\s*\|)")


@cache
def _build_table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table.update({ord(pair[0]): pair[1] for pair in _SIMPLIFIED.split()})
    table.update({ord(mark): folded for mark, folded in _MARKS.items()})
    return table


def fold_text(text: str) -> str:
    """Return the text with half-width characters and simplified words, and blanks for marks of footnotes.

    It has the same length: an offset in the result is an offset in the text.
    """
    return _FOOTNOTE.sub(lambda mark: " " * len(mark.group()), text.translate(_build_table()))
