"""What looks like an error to a naive checker and is none: no alarm, or only a soft one."""

import time

import pytest

from jiedao.reports.checker import Kind, Verdict, check_text
from jiedao.reports.checker.tests.parts import find_claim, list_reasons

TABLE = "社区 | 工单数 | 办结数 |\n东湖社区 | 120 | 118 |\n南岭社区 | 95 | 90 |\n西园社区 | 64 | 64 |\n"
APPLICATIONS = (
    "项目 | 自然人 | 总计 |\n本年新收申请数量 | 30 | 32 |\n上年结转申请数量 | 2 | 2 |\n(七)总计 | 28 | 29 |\n"
)

RIGHT = {
    "truncated": "6月受理工单252件,较上月增加32件,环比上升14.54%。",
    "rounded": "6月受理工单252件,较上月增加32件,环比上升14.5%。",
    "parts that are rounded themselves": "办结144.18万件,办理中29.64万件,共受理173.83万件。",
    "fully and partly satisfied": "共回收问卷500份,满意380份,基本满意100份,不满意20份,满意率96%。",
    "partly satisfied counts 0.6": "共回收问卷500份,满意380份,基本满意100份,不满意20份,满意率88%。",
    "share of a plan": "税收收入完成13866万元,占调整预算100.9%,非税收入完成9200万元,占调整预算88.2%。",
    "share of another place": "全区完成投资12.6亿元,占全市的8.5%。",
    "items of the first few": "居前的是:广东省312.7万家,占14.3%;江苏省205.4万家,占9.4%;山东省180.1万家,占8.3%。",
    "list with its own 其中": "共有学校60所,其中小学35所;幼儿园90所,其中公办40所、民办50所。",
    "overlapping groups": "现有工作人员35人,其中党员20人、女性18人、本科以上30人。",
    "another unit behind 其中": "解决148件,部分解决364件。共收回意见表527份,其中对办理满意526件,对结果满意519件。",
    "changes are no amounts": "与1月相比,案件发现量减少141件,减少7.15%;结案数减少154件,减少7.85%。",
    "another thing in a state": "商户200家,其中从业人员210人。",
    "the least is first": "投诉最少的依次是南岭社区8件居第一,西园社区12件居第二。",
    "a part in a bracket": "受理投诉90件(噪声40件)。",
    "a proportion that is rounded": "男女比例为2:1,男性196人,女性100人。",
    "months that do not follow one another": "3月受理500件,6月受理600件,环比增长8%。",
    "a mean of another time": "全年受理2400件,下半年月均300件。",
    "two divisions in one list": "工单共1000件,其中街道办结700件、不予受理60件、满意480件、不满意90件。",
    "a change before another rate": "入园率提高5.2个百分点,升学率从67.0%提高到70.0%。",
    "letters before a number": "平台接收98件,其中PC端41件、手机APP25件、小程序32件。",
    "a number inside a list without a unit": "受理100件,其中公安局54件,水务局4,教育局42件。",
    "an average is no total": "全县生产总值95.1亿元,人均生产总值为7.4万元。其中,第一产业5.7亿元,第二产业44.6亿元。",
    "last year's structure": (
        "2022年,第一产业增加值5.7亿元,第二产业增加值44.6亿元,第三产业增加值44.8亿元,结构为6.0:46.9:47.1。"
        "2021年三次产业结构为5.5:50.6:43.9。"
    ),
    "growth with two comparisons": "登记59878件,环比上季度56675件增长了5.65%,同比去年41583件增长了44.00%。",
    "growth of listed parts": "投资29.6亿元,增长19.6%,其中工业和服务业为17.1亿元和12.5亿元,分别增长16.9%和23.1%。",
    "comparable prices": "规上工业增加值26.5亿元,比上年的24.1亿元增长6.1%。",
    "more solved with what was carried over": "6月收到案件120件,办结130件(含上月结转15件)。",
    "last places": "工单量后三位的社区依次为:东湖社区6件、南岭社区12件、西园社区21件。",
    "a rank inside its field": "在全省100个县中列第10位。",
    "等 may leave names out": "走访了红岭社区、莲花社区等6个社区。",
    "和 inside a name": "由财政局、教育局、卫生和健康局等3个部门组成。",
    "another thing is counted": "完成大港电厂、杨柳青电厂共6台机组改造。",
    "县(市、区) is one word": "推动16个县(市、区)建成美丽乡村。",
    "relative change of a rate": "单位成本占比由50%下降到40%,下降20%。",
    "points": "办结率由92.1%提高到95.6%,提高3.5个百分点。",
    "a range": "每月走访3至5户,全年走访48户,其中困难户20户。",
    "names with numbers": "落实“十个一律”“五个一百”要求,开展100场宣讲。",
    "a hotline's number": "12345热线转办320件,12319平台转办80件。",
    "a plan for the year": "某街道2023年上半年工作总结\n下半年,力争全年新增企业20家。",
    "a balance": "旧存执行案件113万件,新收执行案件345.2万件,结案229.4万件,未结案件228.8万件。",
    "parts of a total not printed": "审结民事一审案件228万件,民事二审案件23万件,分别占民事案件的86.1%、8.7%。",
    "a base with a word more": "发生火灾22.38万起,亡1061人;其中,较大火灾45起,占全部较大火灾起数的56.25%。",
    "two months": "1月受理工单100件;2月受理工单90件;3月受理工单110件。",
    "two places": "甲社区共开展志愿服务活动30场次。\n乙社区共开展志愿服务活动20场次。",
    "this kind": "反映停气较多。本周共办理此类工单25件。\n重复投诉较多。本周共办理此类工单99件。",
    "a column of averages": "社区 | 工单数 | 平均分 |\n东湖 | 120 | 91.2 |\n南岭 | 95 | 88.4 |\n合计 | 215 | 89.8 |",
    "shares of two wholes": "党员占40%,女性占55%,本科以上占70%。",
    "a rate of completion": "产值增长120%,税收完成率为110.2%。",
    "a base of another place": "跨境电商进出口1.25亿元,增长13%,占全国进出口总值的5.9%。一般贸易进出口32.33亿元。",
    "a base of another kind": "固定宽带用户578万户,5G用户510万户,占移动电话用户的30.3%。",
    "two bases": "办理代表建议872件、委员提案586件,分别占建议、提案总数的94.8%和95.0%。",
    "two wholes": "共发生亡人火灾397起,死亡648人,分别占亡人火灾总数的50.9%和57.9%。",
    "a part of another amount": "车上有68名乘客和4名司乘人员,其中15名为老人。",
    "parts of another kind": "29个省份建立机制,涉及项目5349个。其中,57个城市162个项目已获批。",
    "a surplus and a deficit": "经常账户顺差560亿元。其中,货物贸易顺差889亿元,服务贸易逆差329亿元。",
    "included numbers": "包括已设立的5个公园在内,全市共遴选49个候选公园。",
    "months are no amount": "前10个月,中小企业增长7.0%。其中,41个行业中39个行业保持增长。",
    "first months are no rank": "前8个月,产销量分别完成700.8万辆和703.7万辆。",
    "an item behind a semicolon": "共接到转办13件;接听来电8947个,其中转办2274件,办结1715件。",
    "another unit of matters": "接听来电8947个,直办6673件,直办率74.58%。",
    "a rate of another item": "投诉132件,已办结121件,办结率91.67%;咨询783件,办结率为100%。",
    "completion of a plan": "按计划数计算,开工率为101.7%。",
    "about": "总额由5790万元增长到7030万元,增幅约为21.5%。",
    "a sum with a small rest": "全年产量46695吨。其中,早熟7327吨,晚熟30368吨。",
    "shares of two units without 分别": "共发生火灾50万起、亡800人。农村火灾30万起、亡320人,占总数的60.0%和40.0%。",
    "an opposite is the rest of the base": "决定起诉360人,不起诉40人,不起诉率10.0%。",
    "a rate counted by persons": "共起诉210件380人,起诉率(按人数)为95.0%。不起诉20人。",
    "electricity has households": (
        "全县用电量9.6亿千瓦时。"
        "分产业看,第一产业用电0.4亿千瓦时,第二产业用电5.1亿千瓦时,第三产业用电2.2亿千瓦时。"
    ),
    "包括 with a subject of its own": "稳岗政策包括社保补贴、培训补贴等12项,创业政策包括担保贷款、场地补贴等25项。",
    "regions are no part": "建成仓库181个和分拣点105个,覆盖31个乡镇。",
    "a bracket of regions": "东部6个省(直辖市)与西部9个省(自治区、直辖市)结对。",
    "an export beside the import": "出口机电产品1.8亿元,进口1.6亿元。对东盟合计进出口2.2亿元。",
    "a growth rate of another period": (
        "前三季度生产总值81亿元。分产业看,第一产业增加值增长3.5%。\n"
        "上半年生产总值52亿元。分产业看,第一产业增加值增长3.2%。"
    ),
    "a balance across sentences": "收到申请42件。上年结转3件。全年办结40件,结转下年度继续办理5件。",
    "a balance with what is included": "受理信访45件(含上年结转3件)。办结40件,未办结5件。",
    "a balance of a table": APPLICATIONS + "结转下年度继续办理 | 4 | 5 |",
    "per cent in words": "受理工单500件,其中投诉类176件,占百分之三十五点二。",
    "a third": "全镇有党员240人,其中女党员82人,占三分之一。",
    "tenths": "全镇有党员240人,其中女党员72人,占三成。",
    "above some tenths": "全镇有党员240人,其中女党员76人,占比超三成。",
    "成 in a word": "整改达一成果,形成五成员单位机制,成立3支队伍。",
    "an increase in multiples": "企业由50家增加到110家,增长1.2倍。",
    "a multiple": "受理360件,是去年同期120件的3倍。",
    "twice as many": "志愿者由150人增加到320人,翻了一番。",
    "per mille": "出生率由8.2‰下降到7.6‰,下降0.6个千分点。",
    "a rate before its change": "行政案件262件,同比下降2.6%,同比减少7件。",
    "about with decimals": "收到举报450件,其中电话210件,约占46.7%;网络240件,约占53.3%。",
    "a total in the text beside a table": "6月共受理工单279件,办结272件,详见下表。\n"
    + TABLE
    + "合计 | 279 | 272 |",
    "a part in the text beside a table": "6月受理工单279件,其中热线工单96件,详见下表。\n"
    + TABLE
    + "合计 | 279 | 272 |",
    "a total in the sentence before": "3月受理案件6646件。\n信息员上报2822件,热线投诉3628件,市长热线196件。",
    "growth of a total and its parts": (
        "收入9000万元,增长12.0%。其中,税收6000万元,增长10.0%;非税3000万元,增长16.2%。"
    ),
    "a structure": "三次产业结构为4.2:43.6:52.2。",
    "shares up to 其他": "投诉类占41.2%,咨询类占30.5%,求助类占18.6%,其他类占9.7%。",
    "counts of two periods": "上半年,街道共受理群众投诉1245件。\n下半年,街道共受理群众投诉1254件。",
    "the order of the first three": "工单量前三位的社区依次为:东湖社区92件、南岭社区86件、西园社区41件。",
    "month on month and year on year": "5月受理工单320件,较上月环比下降3.1%,较去年同期同比增长2%。",
    "a leap day": "2024年2月29日,街道召开安全例会。",
    "the same growth twice": "规模以上工业总产值增长6.2%。\n二是提质。规模以上工业总产值增长6.2%。",
    "a stock above a part": "完成56个老旧小区的外墙修缮。\n二、存在问题\n辖区现有65个老旧小区消防设施不足。",
    "fewer solved than found": "共发现安全隐患452处,已整改420处。",
    "quarters": "一季度,共受理投诉120件。二季度,共受理投诉150件。上半年,共受理投诉270件。",
    "a multiple to a year": "货值由首年的8.6亿元增至2022年的77.9亿元,增长8.1倍。",
    "a multiple of another subject": "总投入从2012年的1.0亿元增长到2021年的2.8亿元,教育经费增至十年前的3.6倍。",
    "an approximation": "全年接待游客约120万人次,其中外地游客近30万人次,占25%。",
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_true_claim_raises_no_alarm(name: str) -> None:
    assert list_reasons(RIGHT[name]) == []


def test_shares_forced_to_100_are_a_soft_alarm() -> None:
    text = "受理诉求300件,其中咨询类100件,占33.3%;投诉类100件,占33.3%;求助类100件,占33.4%。"

    (claim,) = check_text(text).alarms

    assert claim.confidence == 0.4
    assert "100" in claim.reason


def test_a_padded_zero_is_a_soft_alarm() -> None:
    table = "月份 | 总数 | 城管类 | 占比 |\n10月 | 1100 | 317 | 28.80% |\n11月 | 1300 | 352 | 27.08% |"

    confidences = [claim.confidence for claim in check_text(table).alarms]

    assert confidences == [0.4]


@pytest.mark.parametrize(
    ("text", "kind", "verdict"),
    [
        ("规上工业增加值26.5亿元,比上年的24.1亿元增长6.1%。", Kind.GROWTH, Verdict.UNTESTABLE),
        ("新收案件600件,结案480件,结案率75.0%。", Kind.RATIO, Verdict.UNTESTABLE),
        ("本月解决率88.40%,环比上升1.75%。", Kind.PERCENT, Verdict.UNTESTABLE),
        (
            "今年以来,社区共开展消防演练36场。\n截至目前,社区共开展消防演练63场。",
            Kind.CONFLICT,
            Verdict.UNTESTABLE,
        ),
        ("某街道2023年上半年工作总结\n1-5月,完成税收2.1亿元。", Kind.PERIOD, Verdict.OTHER_BASE),
        (
            "共受理诉求284件。其中,咨询类124件,占63.6%;求助类56件,占28.7%;其他15件,占7.7%。",
            Kind.SUM,
            Verdict.OTHER_BASE,
        ),
    ],
)
def test_a_question_is_no_error(text: str, kind: Kind, verdict: Verdict) -> None:
    find_claim(text, kind, verdict)

    assert check_text(text).alarms == []


def test_what_rates_imply_is_derived_and_is_no_finding() -> None:
    result = check_text("完成投资28.8亿元,完成率38.4%,同比增长60.0%。")

    assert result.findings == []
    assert [claim.reason.split("约为 ")[1].split("（")[0] for claim in result.implied] == ["75", "18"]


def test_an_implied_plan_that_is_printed_is_tested() -> None:
    text = "全年投资目标75.0亿元。上半年完成投资28.8亿元,完成率38.4%。"

    claim = find_claim(text, Kind.IMPLIED, Verdict.HOLDS)

    assert claim.numbers == ("28.8", "75.0", "38.4")


@pytest.mark.parametrize(
    "text",
    ["投诉类30件,占20%;" * 300, "其中" + "甲乙类30件、" * 300, "1234567890" * 500, "甲 | 30 | 20% |\n" * 300],
)
def test_dense_texts_end(text: str) -> None:
    assert check_text(text).is_complete


@pytest.mark.parametrize(
    "sentence", ["投诉类30件,占20%;", "1月2日,受理3件;", "收到3件,上年结转2件,办结4件,结转下年1件。"]
)
def test_the_time_of_a_check_has_a_bound(sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiedao.reports.checker.context.SECONDS", 0.05)
    started = time.monotonic()

    result = check_text(sentence * 4000)

    assert not result.is_complete
    assert time.monotonic() - started < 5


def test_percentages_alone_are_not_mentioned() -> None:
    result = check_text("覆盖率达98.2%,知晓率92%,居民满意率97.5%,绿化覆盖率45.1%。")

    assert result.findings == []
