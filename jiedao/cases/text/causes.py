"""Assign a message to the broad classes of a complaints desk, so that two causes at one place can be distinguished.

A class collects the many words that people use for one thing (夜宵摊, 油烟, 烧烤). Classes name no place and never
decide alone: they only raise or lower the similarity that the wording itself gives.
"""

import ahocorasick

CLASSES: dict[str, str] = {
    "NOISE": "噪音 噪声 扰民 太吵 吵闹 施工 夜间 凌晨 通宵 彻夜 音响 广场舞 隔音 轰鸣 睡眠 休息",
    "CATERING": "油烟 夜宵 宵夜 烧烤 餐馆 餐饮 饭店 饭馆 餐厅 排烟 厨房 商铺 门面 门店 酒吧 ktv 歌厅 空气",
    "POLLUTION": "污染 粉尘 灰尘 扬尘 烟尘 废气 废水 污水 臭味 异味 恶臭 环保 环评 搅拌 渣土 黑臭 毒气 空气",
    "WASTE": "垃圾 清运 卫生死角 脏乱 环境卫生 保洁 公厕",
    "QUALITY": "质量 开裂 裂缝 裂纹 漏水 渗水 渗漏 沉降 验收 精装修 偷工减料 空鼓 缩水 交房 "
    "隐患 豆腐渣 一系列 诸多",
    "PARKING": "停车 车位 车库 泊位 停放 乱停 占道 人防",
    "ESTATE": "物业 业委会 业主大会 维修基金 公共收益 门禁 保安 物业费",
    "LIFT": "电梯",
    "FIRE": "消防 火灾 灭火",
    "SALE": "捆绑 销售 认筹 购房 认购 开盘 捂盘 茶水费 房价 预售 定金 退房 强买强卖 降价 涨价 霸王 欺诈",
    "DEED": "房产证 不动产证 产权证 两证 办证 产权 网签 备案",
    "SCHOOL": "入学 学区 学位 学校 小学 中学 就读 上学 配套教育 招生 划片 教育局 读书 受教育",
    "NURSERY": "幼儿园 普惠 托管",
    "TEACHERS": "教师 老师 补课 作业 考试 分班 校长",
    "TRAINING": "培训 退费 退款 早教 健身 预付卡",
    "WATER": "停水 供水 水压 水质 自来水 断水 水管 水费 用水",
    "POWER": "停电 供电 电压 用电 电费 断电 电力 变压器",
    "PYLON": "高压 电线 变电站 电缆 基站 辐射",
    "GAS": "燃气 天然气 煤气 暖气",
    "ROAD": "道路 路面 坑洼 修路 拉通 通车 断头路 沥青 破损 扩宽 提质 快速化 下穿 匝道",
    "TRAFFIC": "红绿灯 拥堵 堵车 斑马线 天桥 地下通道 人行 交通安全 限行 掉头 调头 左转 路口",
    "DRAINS": "下水道 下水管 堵塞 化粪池 井盖 积水 内涝 污水管 反水",
    "STALLS": "占道经营 摆摊 摊贩 流动摊 地摊 早餐摊 出店",
    "LIGHT": "路灯 照明 太暗 光污染 灯光",
    "BUS": "公交 班车 社区巴士 首末站 线路 站牌",
    "METRO": "地铁 轻轨 轨道 出入口 号线",
    "RAIL": "高铁 铁路 火车",
    "PARK": "公园 绿化 绿地 树木 健身器材 广场建设",
    "PLANNING": "规划 地块 选址 商业综合体 配套 空地 开发",
    "CLEARANCE": "拆迁 征收 征地 安置 补偿 旧城改造 棚改 旧改 危房",
    "BUILDING": "违建 违章 私搭 加建 改建 违规建 住改商",
    "GROUP_RENT": "群租 租房 民宿 日租",
    "FRAUD": "诈骗 集资 非法吸收 p2p 跑路 传销 理财 网贷 车贷 受害人 立案 经侦 案情 血汗钱 平台",
    "WAGES": "工资 欠薪 拖欠 劳动合同 加班 社保 辞退 工伤 民工",
    "BENEFIT": "补贴 公积金 养老 医保 低保 生育 退休 待遇 文明奖 奖金 津贴 购房补贴",
    "HOUSEHOLD": "落户 户口 居住证 身份证 户籍",
    "HOSPITAL": "医院 医生 医疗 看病 疫苗 诊所",
    "FOOD": "食品 假货 过期 变质 价格 虚假宣传 消费者",
    "CRIME": "赌博 麻将 涉黑 打人 偷盗 黄赌毒 恐吓 保护伞",
    "ANIMALS": "养狗 遛狗 犬 宠物 牵绳 流浪狗 养鸡 养猪",
}

_AUTOMATON = ahocorasick.Automaton()
for _code, _words in CLASSES.items():
    for _word in _words.split():
        _AUTOMATON.add_word(_word, (*_AUTOMATON.get(_word, ()), _code))
_AUTOMATON.make_automaton()


def find_classes(text: str) -> frozenset[str]:
    """Return the classes whose words occur in a text (lower-cased, in the form of `names.keep_word_breaks`)."""
    return frozenset(code for _, codes in _AUTOMATON.iter(text) for code in codes)
