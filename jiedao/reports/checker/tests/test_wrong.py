"""Each rule raises an alarm where every reading of a claim fails."""

import pytest

from jiedao.reports.checker import Kind, check_text
from jiedao.reports.checker.tests.parts import list_kinds

TABLE = "社区 | 工单数 | 办结数 |\n东湖社区 | 120 | 118 |\n南岭社区 | 95 | 90 |\n西园社区 | 64 | 64 |\n"
GROWTH = "单位 | 今年 | 去年 | 同比 |\n甲社区 | 120 | 100 | 20.0% |\n乙社区 | 90 | 75 | 20.0% |\n"

APPLICATIONS = (
    "项目 | 自然人 | 总计 |\n本年新收申请数量 | 30 | 32 |\n上年结转申请数量 | 2 | 2 |\n(七)总计 | 28 | 29 |\n"
)

WRONG = {
    "share of a list": (
        Kind.RATIO,
        "共受理诉求1250件,其中咨询类500件,占40%;投诉类375件,占35%;求助类375件,占30%。",
    ),
    "share of the sum of its list": (
        Kind.RATIO,
        "东部有企业1280家,占58.7%;中部有企业493家,占26.6%;西部有企业407家,占18.7%。",
    ),
    "completion of a task": (Kind.RATIO, "完成征收面积18.5万平方米,完成年度任务20万平方米的82.5%。"),
    "an item of a list of shares": (
        Kind.RATIO,
        "共收到建议160件:农业类40件,占25.0%;教育类56件,占53.0%;城建类64件,占40.0%。",
    ),
    "a part ten times too large": (
        Kind.RATIO,
        "本周受理诉求8400件。直办51240件,占61.0%;转办3276件,占39.0%。",
    ),
    "a total that the shares of a list imply": (
        Kind.RATIO,
        "水果类212件,占17.7%;蔬菜类340件,占28.3%;粮油类288件,占24.0%;肉类390件,占30.0%。",
    ),
    "amounts and shares behind 分别占": (
        Kind.RATIO,
        "工单共640件,其中电话288件、网站192件、来信160件,分别占总量的45.00%、33.00%和25.00%。",
    ),
    "a rate of 投诉": (Kind.RATIO, "共受理投诉8200件,同比增长5.2%,解决6970件,投诉解决率58.00%。"),
    "办结率 of 结案": (Kind.RATIO, "共受理案件5200宗,结案5148宗,办结率90.90%。"),
    "rate": (Kind.RATIO, "应办结工单420件,办结399件,办结率93%。"),
    "rate with two places": (Kind.RATIO, "受理工单800件,按时办结776件,按时办结率98.0%。"),
    "base named in the sentence": (
        Kind.RATIO,
        "上半年,全街道常住人口12.6万人,其中60岁以上1.89万人,占常住人口的18.0%。",
    ),
    "exports are no part of 进出口": (
        Kind.RATIO,
        "货物进出口总值20.1亿元。其中,出口11.4亿元,进口8.7亿元。机电产品出口6.6亿元,占出口总值的52.2%。",
    ),
    "a digit of a listed total": (Kind.SUM, "街道共有干部86人(公务员35人、事业编制22人、聘用人员31人)。"),
    "a change of a rate by the printed number in per cent": (
        Kind.PERCENT,
        "群众知晓率由70.5%提高到73.5%,提高3%。",
    ),
    "a part in a state beyond its whole": (Kind.PART_WHOLE, "检查餐饮店150家,其中不达标160家。"),
    "合格 and 不合格 beyond their total": (Kind.SUM, "抽查食品3000批次,其中合格2800批次、不合格400批次。"),
    "a rank beyond the field named before it": (Kind.RANK, "考核成绩位居全市9个街道第10位。"),
    "places in a wrong order": (Kind.RANK, "南岭社区800件居第一,西园社区950件居第二。"),
    "a balance from 期初 to 期末": (Kind.BALANCE, "期初20件,新增40件,办结35件,期末30件。"),
    "a proportion of two amounts": (Kind.RATIO, "男女比例为5:4,男性500人,女性300人。"),
    "an amount in another magnitude": (Kind.CONFLICT, "总投资3.20亿元(3200万元)。"),
    "an amount in another unit": (Kind.CONFLICT, "绿地面积2平方公里,即200000平方米。"),
    "months of a span": (Kind.PERIOD, "统计时段为1至8月,共7个月。"),
    "a monthly mean": (Kind.RATIO, "全年受理投诉2400件,月均300件。"),
    "two months that follow one another": (
        Kind.GROWTH,
        "5月受理投诉500件,6月受理投诉600件,环比增长10%。",
    ),
    "an earlier amount in the sentence before": (
        Kind.GROWTH,
        "去年同期受理4000件。今年受理5000件,比去年同期增长20%。",
    ),
    "fields of work beyond their total": (Kind.SUM, "共受理群众诉求120件,其中城管70件、环保60件。"),
    "a change of a rate before both rates": (
        Kind.PERCENT,
        "知晓率提高3.5个百分点,由80.0%提高到82.5%。",
    ),
    "a pair that excludes": (Kind.SUM, "共收到来信553件,其中有效信件497件,无效信件65件。"),
    "rest of a list": (
        Kind.SUM,
        "在受理的1768件案件中,市容1035件,施工272件,街面88件,宣传88件,其他281件。",
    ),
    "total in the sentence before": (
        Kind.SUM,
        "3月受理案件6644件。\n信息员上报2822件,热线投诉3628件,市长热线196件。",
    ),
    "total in Chinese numerals": (
        Kind.SUM,
        "今年共调解纠纷一百二十件,其中邻里纠纷七十件、劳资纠纷三十件、其他二十五件。",
    ),
    "a unit left out in a list": (
        Kind.SUM,
        "受理430件,其中公安局154件,教育局96件,水务局84,城管局56件,其他50件。",
    ),
    "a wrong digit of a total": (
        Kind.SUM,
        "某县生产总值5324亿元。分产业看,第一产业增加值412亿元,第二产业增加值2106亿元,第三产业增加值2806亿元。".replace(
            "5324", "5824"
        ),
    ),
    "parts that the total names": (Kind.SUM, "共受理投诉、举报720件,其中投诉量450件,举报量280件。"),
    "a mark of a footnote": (
        Kind.SUM,
        "地区生产总值[1]812亿元。其中,第一产业增加值62亿元;第二产业增加值350亿元;第三产业[2]增加值480亿元。",
    ),
    "a list with its number of kinds": (
        Kind.SUM,
        "共收到建议182件,所提建议分为三类:财政类28件,占21.9%;农业类44件,占34.4%;城建类56件,占43.8%。",
    ),
    "a column of a table": (Kind.SUM, TABLE + "合计 | 297 | 272 |"),
    "a table with a cell on each line": (
        Kind.SUM,
        "社区 |\n工单 |\n办结 |\n东湖 |\n120 |\n118 |\n南岭 |\n95 |\n90 |\n合计 |\n215 |\n280 |",
    ),
    "a table with numbers of rows": (
        Kind.SUM,
        "序号 | 单位 | 投入 | 数量 |\n1 | 城建办 | 12.5 | 4 |\n2 | 综治办 | 8.3 | 7 |\n合计 | 20.8 | 13 |",
    ),
    "change and amount": (Kind.GROWTH, "6月受理工单252件,较上月增加32件,环比上升15.5%。"),
    "from and to": (Kind.GROWTH, "报表由120张精简为75张,精简率40.5%。"),
    "against the year before": (Kind.GROWTH, "上半年接访260批次,去年同期为208批次,同比增长35%。"),
    "税收增收": (Kind.GROWTH, "税收收入8103万元,比上年增收1284万元,增长28.8%。"),
    "a difference behind 与": (
        Kind.GROWTH,
        "全区人口141200人,与2010年(普查数,下同)的133900人相比,增加7500人。",
    ),
    "against a month": (Kind.GROWTH, "受理投诉359件,比10月份增加33件,环比增加率为12.10%。"),
    "against a bracket": (Kind.GROWTH, "举报10171件,同比上年(10553件)下降3.91%。"),
    "a change in absolute numbers": (Kind.GROWTH, "税收收入8200万元,比上年同期的7500万元增加900万元。"),
    "a growth rate in a table": (Kind.GROWTH, GROWTH + "丙社区 | 66 | 60 | 11.0% |"),
    "growth of a total above all parts": (
        Kind.IMPLIED,
        "预算收入8.25亿元,增长9.8%。其中,税收收入6.05亿元,增长5.2%;非税收入2.20亿元,增长8.1%。",
    ),
    "growth of a total between its parts": (
        Kind.IMPLIED,
        "预算收入8000万元,增长12.0%。其中,税收收入6000万元,增长5.0%;非税收入2000万元,增长20.0%。",
    ),
    "structure that is not 100": (Kind.SHARE, "三次产业结构为4.2:43.6:53.2。"),
    "structure against its amounts": (
        Kind.SHARE,
        "第一产业增加值12.0亿元,第二产业增加值48.0亿元,第三产业增加值60.0亿元,三次产业结构为10.0:42.0:48.0。",
    ),
    "shares up to 其他": (Kind.SHARE, "投诉类占41.2%,咨询类占30.5%,求助类占18.6%,其他类占12.7%。"),
    "shares behind 分别占": (Kind.SHARE, "来信、来访、网上投诉分别占22.5%、31.5%、48.0%。"),
    "rank outside its field": (Kind.RANK, "全市12个区中,我区综合得分排名第13位。"),
    "rank in Chinese numerals": (Kind.RANK, "在9个街道中排第十二名。"),
    "order of the first three": (
        Kind.RANK,
        "工单量前三位的社区依次为:东湖社区86件、南岭社区92件、西园社区41件。",
    ),
    "more solved than found": (Kind.PART_WHOLE, "共发现安全隐患420处,已整改452处。"),
    "part above its whole": (Kind.PART_WHOLE, "现有党员560名,其中女党员612名。"),
    "names and their count": (Kind.PART_WHOLE, "成立了红岭社区、莲花社区、梅林社区共4个社区工作站。"),
    "names in a bracket": (Kind.PART_WHOLE, "走访企业的问题主要有5类(用工、融资、场地、水电)。"),
    "items beyond the announced": (
        Kind.PART_WHOLE,
        "存在两个问题:一是人手不足。二是经费紧张。三是设备老化。",
    ),
    "balance": (Kind.BALANCE, "本年收到政府信息公开申请42件,上年结转3件,办结40件,结转下年6件。"),
    "balance of courts": (Kind.BALANCE, "旧存案件113件,新收案件345件,结案229件,未结案件239件。"),
    "a balance across sentences": (
        Kind.BALANCE,
        "收到申请42件。上年结转3件。全年办结40件,结转下年度继续办理6件。",
    ),
    "a balance of a table": (Kind.BALANCE, APPLICATIONS + "结转下年度继续办理 | 4 | 6 |"),
    "per cent in words": (Kind.RATIO, "受理工单500件,其中投诉类150件,占百分之三十五点二。"),
    "a third": (Kind.RATIO, "全镇有党员240人,其中女党员60人,占三分之一。"),
    "tenths": (Kind.RATIO, "全镇有党员240人,其中女党员72人,占四成。"),
    "above some tenths": (Kind.RATIO, "全镇有党员240人,其中女党员72人,占比超四成。"),
    "an increase in multiples": (Kind.GROWTH, "企业由50家增加到110家,增长2.2倍。"),
    "a multiple": (Kind.GROWTH, "受理360件,是去年同期120件的2倍。"),
    "twice as many": (Kind.GROWTH, "志愿者由150人增加到210人,翻了一番。"),
    "per mille": (Kind.PERCENT, "出生率由8.2‰下降到7.6‰,下降0.8个千分点。"),
    "per mille without points": (Kind.PERCENT, "出生率由8.2‰下降到7.6‰,下降0.6‰。"),
    "a rate before its change": (Kind.GROWTH, "行政案件262件,同比下降5.6%,同比减少7件。"),
    "the wrong direction": (Kind.GROWTH, "报表由120张精简为90张,增长25%。"),
    "about with decimals": (
        Kind.RATIO,
        "收到举报450件,其中电话210件,约占49.7%;网络240件,约占53.3%。",
    ),
    "a completion that implies a plan": (
        Kind.IMPLIED,
        "收入9000万元,完成年度预算的60.0%。其中,税收6000万元,完成年度预算的50.0%;非税3000万元,完成年度预算的55.0%。",
    ),
    "a total in the text beside a table": (
        Kind.SUM,
        "6月共受理工单297件,办结272件,详见下表。\n" + TABLE + "合计 | 279 | 272 |",
    ),
    "a total in the text beside a table without one": (
        Kind.SUM,
        "6月共受理工单297件。各社区情况如下:\n" + TABLE,
    ),
    "points written as per cent": (Kind.PERCENT, "办结率由92.1%提高到95.6%,提高3.5%。"),
    "difference in points": (Kind.PERCENT, "绿化覆盖率由38.2%上升到41.5%,提升3.6个百分点。"),
    "rate above 100": (Kind.PERCENT, "整改率达到103.5%。"),
    "stock below a part of it": (
        Kind.CONFLICT,
        "完成56个老旧小区的外墙修缮。\n二、存在问题\n辖区现有48个老旧小区消防设施不足。",
    ),
    "a growth rate printed twice": (
        Kind.CONFLICT,
        "规模以上工业总产值同比增长6.2%,保持平稳。\n二是提质。规模以上工业总产值同比增长7.1%。",
    ),
    "a count printed twice": (
        Kind.CONFLICT,
        "上半年,街道共受理群众投诉1245件。\n上半年,街道共受理群众投诉1254件,均已办结。",
    ),
    "the year in a half-year report": (
        Kind.PERIOD,
        "某街道2023年上半年工作总结\n全年共排查出租屋3200栋,整改隐患150处。",
    ),
    "July in a report of the first half": (
        Kind.PERIOD,
        "某街道2023年上半年工作总结\n1-7月,完成税收2.1亿元。",
    ),
    "months beyond the title": (Kind.PERIOD, "某镇2024年前三季度工作总结\n1-10月,完成税收3.2亿元。"),
    "year on year against a month": (Kind.PERIOD, "5月份受理工单320件,较上月同比下降3.1%。"),
    "month on month against a year": (Kind.PERIOD, "5月份受理工单320件,与去年同期相比环比下降3.1%。"),
    "a day that does not exist": (Kind.PERIOD, "6月31日,街道召开安全例会。"),
    "a leap day of another year": (Kind.PERIOD, "2023年2月29日,街道召开安全例会。"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_false_claim_is_found(name: str) -> None:
    kind, text = WRONG[name]

    assert kind in list_kinds(text), [
        (claim.kind, claim.verdict, claim.reason) for claim in check_text(text).findings
    ]


def test_a_finding_names_its_sentence_numbers_and_computation() -> None:
    text = "开头一句。应办结工单420件,办结399件,办结率93%。结尾一句。"

    (claim,) = check_text(text).alarms

    assert claim.sentence == "应办结工单420件,办结399件,办结率93%。"
    assert claim.numbers[-1] == "93"
    assert "399 ÷ 420 = 95" in claim.reason
    assert text[claim.start : claim.end] == "93%"
    assert 0 < claim.confidence <= 1


def test_wide_and_traditional_characters_are_read() -> None:
    assert list_kinds("應辦結工單４２０件，辦結３９９件，辦結率９３％。") == [Kind.RATIO]


def test_thousands_with_commas_are_read() -> None:
    assert list_kinds("共受理12,500件,其中咨询5,000件,占40%;投诉3,750件,占35%;其他3,750件,占30%。") == [
        Kind.RATIO
    ]


def test_exchanged_digits_are_named() -> None:
    (claim,) = check_text("共受理诉求3127件,自行处理2486件,派单614件。").alarms

    assert "614 → 641" in claim.reason
