"""Which amount a percentage is of: plans, definitions, lists of paragraphs, and what must stay silent."""

import pytest

from jiedao.reports.checker import Kind, Verdict, check_text
from jiedao.reports.checker.tests.parts import find_claim, list_kinds

HEADINGS = (
    "共有效受理2500件,协调办结2480件。\n咨询类共1500件,占比60.00%。\n求助类共700件,占比28.00%。\n"
    "投诉类共275件,占比11.00%。\n建议类共25件,占比1.00%。"
)
RIGHT = {
    "plan named by other words": "本年计划投资240亿元。至9月底,累计完成投资180亿元,完成年度计划的75.0%。",
    "plan in a bracket": "计划开工项目250项(其中上半年计划新开工120项),目前实际已开工205项,完成计划开工的82.0%。",
    "change before the share": "全国共有商店30.0万所。其中,小店24.3万所,比上年增加1.2万所,占全国商店的比例81.00%。",
    "urbanisation": "年末常住人口80.0万人,其中城镇人口50.0万人,乡村人口30.0万人。常住人口城镇化率62.5%。",
    "sex ratio": "男性人口为52500人,女性人口为50000人。总人口性别比(以女性为100)为105.00。",
    "daily mean": "本周共受理诉求7140件,日均1020件。",
    "share that rose": "研究经费达到360亿元,占生产总值的比重从1.2%提高到1.5%。生产总值24000亿元。",
    "shares of paragraphs": HEADINGS,
    "change of the sentence before": "共受理各类案件1800件,结案900件。与上年相比,受案增加200件,上升12.50%。",
}
WRONG = {
    "plan named by other words": (Kind.RATIO, "75.0%", "57.0%"),
    "plan in a bracket": (Kind.RATIO, "82.0%", "82.2%"),
    "urbanisation": (Kind.RATIO, "62.5%", "65.2%"),
    "sex ratio": (Kind.RATIO, "105.00", "150.00"),
    "daily mean": (Kind.RATIO, "日均1020件", "日均1200件"),
    "shares of paragraphs": (Kind.RATIO, "1.00%。", "1.02%。"),
    "change of the sentence before": (Kind.GROWTH, "12.50%", "15.20%"),
}
SILENT = {
    "another thing behind 其中": "共划分网格120个,其中进入网格的党组织数160个,党员3200名,达标网格118个。",
    "plan before the growth": "收入完成8400万元,占年初预算数12000万元的70.0%,同比增长5.0%,增收400万元。",
    "a list of the complete year": "本周咨询类192件、投诉类34件;从全年来看,咨询类4008件、投诉类592件。",
    "coordinated lists": "形成包括汽车、家电等3个万亿级领域,和包括无人机、宠物等10个千亿级热点。",
    "a reserve in the plan of a total": (
        "支出600亿元,完成预算的97.0%。其中,本级支出400亿元,完成预算的98.0%;转移支付200亿元,完成预算的99.0%。"
    ),
    "a rate whose base is settled later": "收到申请1100件。纠错240件,纠错率24.0%。审结的案件共1000件。",
    "an item without a unit": "共接收3400件。其中,投诉980件,占比28.8%;举报350,同比下降4.7%,占比10.3%。",
    "amounts in brackets": (
        "共接警200起。其中,火灾80起、占40.0%;救助60起、占30.0%;执勤(10起)及其他(10起)占总数的10.0%。"
    ),
    "too few digits": "接待费1万元,比上年增加0.5万元,增长100%。",
    "what a bracket excludes": "收案3200件(不含上年旧存280件,下同),比上年下降1.3%。",
    "negation of two things": "享受两项补贴177人,低保困难人员128人,非低保残补171人。",
    "a finished part of another plan": (
        "年度计划投资850亿元,已完成投资620亿元,占年度计划的72.9%。"
        "其中40个续建项目完成投资450亿元,占年度计划的75%。"
    ),
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_right_texts_raise_no_alarm(text: str) -> None:
    result = check_text(text)

    assert not result.alarms, [claim.reason for claim in result.alarms]
    assert result.claims


@pytest.mark.parametrize(("key", "spoiled"), WRONG.items(), ids=WRONG.keys())
def test_spoiled_texts_raise_an_alarm(key: str, spoiled: tuple[Kind, str, str]) -> None:
    kind, right, wrong = spoiled
    text = RIGHT[key].replace(right, wrong, 1)

    assert text != RIGHT[key]
    assert kind in list_kinds(text)


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT.keys())
def test_what_the_text_does_not_determine_is_no_alarm(text: str) -> None:
    assert [claim.reason for claim in check_text(text).alarms] == []


def test_a_coarse_amount_confirms_no_share() -> None:
    text = (
        "共接收0.04万件,话务接收0.02万件,占57.7%。\n"
        "共接收投诉250件。话务接收120件,占比48.2%;网络填写130件,占比52.0%。"
    )

    claim = find_claim(text, Kind.RATIO, Verdict.WRONG)

    assert claim.numbers[-1] == "48.2"


def test_a_reference_with_exchanged_digits() -> None:
    text = "共收到代表建议128件。经各单位认真办理,182件建议全部按期办结。"

    assert list_kinds(text) == [Kind.CONFLICT]


def test_a_list_behind_the_first_amount_of_another() -> None:
    text = "抽取300件,其中有效回访246件,表示满意的有420件,表示一般的有5件,表示不满意的有1件。"

    assert Kind.SUM in list_kinds(text)


def test_ranks_in_words_are_no_amounts() -> None:
    assert check_text("反映事项前10位的是:三农类830件。").quantities == 1
