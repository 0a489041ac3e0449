"""Chinese grammar as tables: which words open, close and fill the sentences that the warehouse keeper knows.

Every table is a tuple of fixed words. Strong words say alone what is wanted; weak ones (要, 来, 拿) are also
used for a thousand other things and count only together with an item that exists.
"""

from bot.understand.tables import words

POLITE = (
    *words(
        """
    在吗 在不在 老铁 来着 有劳 有劳了
    请 麻烦 劳驾 咨询 咨询一下 请问 问下 问一下 请教 拜托 您好 你好 你们好 大家好 早上好 下午好 早 嗨 哈喽 亲
    小库     库管 机器人 师傅 老师 帮我 帮忙 帮个忙 帮我们 帮 给我 给我们 谢谢 谢谢你 谢谢您 多谢 谢了 辛苦
    辛苦了 感谢 拜托了 不好意思 打扰了 打扰一下 可以 可不可以 能 能不能 能否 可否 一下 一下子 下
    好吗 行吗 可以吗 好不好 行不行 吧 呗 哈 啊 呀 哦 噢 喔 嘛 哟 啦
    """
    ),
)
"""Courtesies at either end of a sentence."""

FILLERS = (
    *POLITE,
    *words(
        """
    来 我来
    这 这些 多领了 多领的 多领 领多了 多拿了 多拿的 用不上的 没用上的
    这边 我这边 这里 我这里 这儿 我这儿 我们这边 有 剩 剩的 用剩的 用剩下的 剩下的 多余的 没用完的 用不完的 我
    我们 咱 咱们 你 你们 您 俺 想 想要 需要 要 得 打算 准备 申请 再 还 另外 另 也 先 就 都 各
    那 那个 这个 这种 那种 的 了 吗 呢 给 今天 明天 现在 马上 立刻 尽快 赶紧 急 很急 比较急 急用
    加急 上午 下午 晚上 部门 我部门 我们部门 一共 总共 共 合计 分别 数量 数量是 物料 物品 东西 以下
    如下 下列 下面 这些 帮我们 从 里 里面 用 把 将 出库 单 一些 一点 点 些 几
    """
    ),
)
"""Words around the goods of a request that change nothing."""

NOT_VERBS = words(
    """
    领带 领导 领域 领先 领悟 领会 领子 领口 领结 领养 领奖 领证 领工资 领教 领队 领班 领头 领袖 领土
    领事 领航 领衔 领跑 领红包 领券 你要 你需要 您要 您需要 你想要 您想要 你们要 你们需要 你来
    你们来 他要 她要 他们要 领饭 领钱 领快递 领包裹 领军 领情 首领 占领 率领 带领 本领 衣领 白领
    蓝领 引领 认领 冒领 红领巾 纲领 领取码 领料单 领用单 领用记录 退休 退款 退税 退出 退群 退步 退烧
    退房 退票 退役 退伍 退学 退婚 退让 退路 退订 退化 退钱 退费 退热 退货政策 退换 退货率 撤退 后退
    减退 衰退 早退 倒退 辞退 要不 要不要 要是 要么 要求 要点 要紧 要命 要闻 要不是 要素 重要 主要
    必要 只要 不要 需要补货 还要 快要 就要 将要 摘要 紧要 要到 要开会 来了 来自 来不及 来历 来宾
    来源 来电 来信 来访 来着 来回 来往 来年 来日 来临 来料 原来 本来 后来 未来 将来 从来 起来 出来
    进来 回来 过来 上来 下来 看来 以来 近来 历来 到来 带来 拿来 用来 来开会 拿手 拿铁 加拿大 拿下
    拿主意 取消 取得 取决 取代 取暖 取舍 取样 取胜 争取 采取 听取 读取 获取 录取 吸取 领取时间 送货
    送人 送别 送水 送餐 送礼物 送行 送命 样品室 样品间 样品册 样品单 样品柜 样品展 样品区 借口 借鉴
    还款 还钱 还价 发料 发票 发现 发生 发明 发展 发布 发言 开发 研发 出发 发热 发烧 还书 还车 还贷 还债 还有
    还是 还没 还能 还好 还行 还剩 还得 还可以
    """
)
"""Words in which 领, 退, 要, 来, 拿, 取, 送, 还 are no verb of ours."""

REQUEST_STRONG = words(
    """
    多领 多领点 多领些 领用 领取 申领 领料 提领 申请领用 申请领取 领用出库 出库领用 领 领一下 领下
    """
)
REQUEST_WEAK = words(
    """
    发放 我要 我需要 我想要 想要 需要 需 要 来 来点 拿 拿点 取 给我来 给我拿 给我 发我 给我们 申请
    麻烦给 请给 给拿 给来 给整 给弄 给发 给个 求 急需 帮我拿 帮我取 给我发 发 弄 整 搞 讨 要点 要一下
    """
)
RETURN_STRONG = words(
    """
    退回去 还回去 退回来 送回去 交回去 退料 退回 退还 归还 交还 退库 还回 还库 退料入库 退回仓库
    归还入库 退仓 退掉
    """
)
RETURN_WEAK = words("退 退一下 退下 退货 还 送回 拿回 上交")
SAMPLE_STRONG = words(
    """
    样品赠送 赠送样品 送样品 寄样品 发样品 拿样品 领样品 要样品 申请样品 样品 样品领用 样品出库 送样
    寄样 赠送 赠品 礼品赠送 赠 送客户 送给客户 给客户送 寄给客户 试用品
    """
)
SAMPLE_FILLERS = words(
    """
    经销商 代理商 顾客 客人 买家 送 寄 送给 赠送给 给 客户 客户送 给客户 发给 寄给 领 领用 领取 作为 当
    作 做 样品 赠品 我要 要
    拿 发 申请 去
    """
)

SAMPLE_WEAK = words("送 寄 送给 寄给 给")
CUSTOMER = words("客户 顾客 客人 买家 经销商 代理商 潜在客户")

CONDITIONAL = words("如果 要是 假如 万一 除非 若是 倘若")
"""In front of a verb: what follows is asked for only if something holds, which nobody here can promise."""
CONDITIONS = words("如果 要是 假如 万一 等 除非 只要 他说 她说 据说 听说 别 不 没")
"""A clause in front of a request that holds one of these changes it."""

PAST = ("了", "过", "完", "走了", "到了", "着")
"""Behind a verb: told, not asked."""

NEGATIONS = words(
    """
    不 不要 不用 不想 别 没 没有 未 勿 无需 不需要 不再 不必 暂不 先别 先不 谁 怎么 如何 为什么
    什么时候 何时 他 她 他们 她们 被
    """
)
"""In front of a verb: not asked, or asked about."""

PURPOSE = words(
    """
    主要用于 主要用来 主要是用于 是用于 是用来 都用于 全部用于 要用于 用于 用途是 用途为 用途 用作
    用来 拿来 拿去 为了 目的是 目的 供 以便
    """
)
PURPOSE_TAIL = ("要用", "使用", "用")
PURPOSE_TAIL_LEAD = words("给 供 是 拿去 去 的")
NOT_PURPOSE_TAIL = words(
    """
    不 没 有 费 信 好 套 引 作 常 日 怎么 领 能 够 可 试 备 专 家 商 急 无 通 实
    """
)
OCCASIONS = words(
    """
    投标 会议 开会 例会 年会 晚会 培训 展会 展览 活动 招待 接待 团建 面试 考试 演示 演习 检修 维修 抢修 保养
    施工 装修 生产 试产 实验 测试 盘点 保洁 打扫 大扫除 清洁 值班 加班 出差 项目 入职 新员工 备用 体检 福利
    聚餐 试用 打样 发货 包装 搬家 讲座 比赛 办公用
    """
)
"""A word behind the goods that holds one of these tells what they are for."""
REASON = words("因为 原因是 原因为 原因 理由是 理由为 理由 由于")

WHY_RETURNED = words(
    """
    坏 错 多领 领多 多拿 拿多 买多 多了 用不 没用 不用 不合适 不适合 不需要 不要 不对 不好用 过期 破 故障 失灵
    质量 损 换 取消 离职 结束 完工 太大 太小 剩 闲置
    """
)
"""What the last words of a return hold when they tell why goods come back."""

QUERY_STRONG = words(
    """
    库存 库存量 存量 现存量 现存 可用量 结存 存货 库存数量 库存情况 库存多少 实时库存 查库存 在库
    """
)
QUERY_WEAK = words(
    """
    对比 对比一下 瞧下 够不够用 还够不够用 所有 瞅瞅 瞅一眼 看一眼 瞧一眼 瞄一眼 够用不 够不 还够不 还有不
    有不 还有木有 有木有 还有没得 有没得
    还有货没有 还有货没 有货没有 有货没 还有多少 还剩多少 还剩下多少 剩下多少 剩多少 剩余多少 有多少
    多少 还有几 还剩几 剩几 有几 还有吗 有吗 还有没有 有没有 有无 有没 有货吗 有货 有没有货
    有没有现货 还有没有货 有现货 现货 还有货 够不够 够吗 够用吗 够 缺货吗 缺不缺 剩余 剩下 剩 还有
    还剩 有 没了吗 快没了吗 快没了 没有了吗 是不是没了 用完了吗 还多吗 多不多 多吗 查 查询 查一下
    查下 查查 查看 看 看看 看一下 看下 瞧瞧 数量 在哪个仓库 在哪个仓 在哪个库 哪个仓库有 哪里有
    哪儿有 余量 剩余量 还在吗 存了多少 存着多少
    """
)
QUERY_FILLERS = (
    *POLITE,
    *words(
        """
    你那儿 你那 你们那儿 这儿 那儿
    全部 所有 物料 物品 商品 可以领 能领 可领 清单 列表 一览 一览表 全 各自
    分别 这边 这里 的 了 吗 呢 我 我们 咱们 你 你们 您 公司 仓库 仓库里 仓里 库里 库房 里 里面 现在
    目前 当前 今天 这会儿 眼下 告诉我 想 想知道 想问 想查 想看 想了解 要 问 还 都 是 情况 数 总共
    一共 共 大概 到底 那 那个 这个 咱 我想 我要 需要 来 把 有关 关于 实时 最新 个 各 没
    """
    ),
)

WHEN = words(
    "最近一个月 最近一周 最近三天 最近三个月 最近半年 近一个月 近一周 近三个月 近半年 近三天 这段时间 "
    "最近 近期 最新 本月 这个月 上个月 本周 这周 上周 今年 去年 昨天 前天 今天 近来 以前 之前 过去"
)
HISTORY_STRONG = words(
    """
    出入库 出入库记录 出入库明细 出入库流水 进出记录 进出库记录 收发记录 收发存 库存流水 库存台账
    库存变动
    """
)
HISTORY_WEAK = words(
    """
    进出 进出明细 进出情况 收发明细 领用明细 出库明细 入库明细 使用明细 领用情况
    谁领了 谁领过 谁领走了 谁领的 谁领用了 谁领用过 谁领取了 被谁领了 被谁领走了 被谁领走 都谁领了 都谁领过
    被谁领用了 是谁领的 谁在领 有谁领过 有谁领了 谁用了 谁用过 谁退了 谁退过
    流水 流水账 历史 历史记录 记录 明细 变动 变动记录 台账 领用记录 入库记录 出库记录 使用记录 变化
    """
)

LOW_STOCK_KEYS = words(
    """
    快断了 快断 补货 缺货 快没了 快没 快用完 快用完了 要没了 不足 库存不足 低库存 库存低 库存预警
    库存告急 预警
    告急 紧缺 断货 没货 没货了 低于安全库存 低于再订货点 低于补货点 紧张 库存紧张 太低 库存太低 补货提醒
    补货清单 补货建议
    该补货 需要补货 要补货 补 要补 该补 需要补 补库存 补充 不够 不够了 不够用 快不够 库存偏低 偏低
    缺料 缺 快断货 用完了 要采购 需要采购 该采购 该买 要买
    """
)
LOW_STOCK_FILLERS = (
    *QUERY_FILLERS,
    *words(
        """
    什么 哪些 哪种 哪几种 哪个 啥 东西 物料 商品 货 物品 货品 材料 库存 有 有没有 该 应该 得 得要
    列表 清单 一览 查 查看 查一下 看 看看 看一下 列出 列一下 给出 显示 最近 快 快要 需 已经 或 和
    即将 马上 办公用品 有啥 种 没有 商品的 提醒 报告 情况 能 会 低 低的
    """
    ),
)

OUT_OF_SCOPE = words(
    """
    多少钱 价格 价钱 单价 报价 售价 进价 贵不贵 怎么卖 值多少 便宜 优惠 打折 几块钱 多少元 多少块
    股票 基金 天气
    """
)
NOT_GOODS = words(
    """
    天 小时 分钟 秒钟 月 年 周 星期 礼拜 点钟 块钱 块 元 美元 岁 人 位 次 假 年假 病假 事假 会
    会议室 会议 时间 什么 怎么 为什么 谁 吗 呢 钱 工资 领导 老板 问题 意思 是 系统 管理 政策 流程
    制度 规定 成本 首歌 歌 笑话 故事 电影 建议 意见 机会 快递 外卖 楼 折 说 觉得 知道 吃 喝 睡 忘
    昨天 刚才 刚刚 上周 上次 已经 曾经
    """
)
"""An unknown word that holds one of these is no item that is missing from the list, but another subject."""

RECIPIENT = (
    r"(?:帮|给|替|为)?[\u4e00-\u9fff]{0,6}(?:部门?|组|车间|食堂|科室?|办公室|班组?|队|项目|中心|工厂|分厂|公司|门店|前台)",
    r"(?:帮|替|给|代|为)(?!我|客户|你|他|她)[\u4e00-\u9fff]{2,4}?(?=$|\W|领|申|要|拿|取|来|退|还|归|发|送)",
    r"(?:帮|替|给|代|为)\s?[a-z .]{2,20}(?=$|\W|领|申|要|拿|取|来|退|还|归|发|送)",
)
"""For whom goods are asked for, in front of the verb: 行政部领, 帮李霞领."""

SEPARATORS = words(
    """
    和 与 及 跟 以及 还有 另外 再来 再加 外加 加上 还要 然后 并 同时 再要 另领 还需要 再拿
    """
)
SURROUNDINGS = (words("在 从 到 去 往 于 由 查 看"), words("里头 仓库 库房 里面 里边 那边 这边 里 内 的"))
"""Words that belong to a warehouse's name when they stand before or behind it."""

DESTINATIONS = words("发到 送到 寄到 运到 拿到 送去 拿去 发往 送往 运往 发去 放到 带到 发给 送给 拿给")
DESTINATIONS_AT_THE_END = words("到 去 往")
"""In front of a warehouse: goods shall go there. 到 and 去 tell it only behind the goods."""

ITEM_FILLERS = (*FILLERS, *words("号 款 种 要"))
EACH = ("各", "每种", "每样", "均")
SOME = words("数 上百 近百 上千 近千 百来 成百 一些 一点 若干 好几 几 点 些 少许 适量 不少 很多 许多 大量")
"""Quantities that say nothing: the quantity stays unsaid and is asked for."""
