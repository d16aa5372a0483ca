"""The words around a numeral: how its value is bound, and whether it measures anything at all."""

from __future__ import annotations

import re
from typing import Final, cast

from govtext.metrics.units import Unit
from govtext.types import Bound

_BOUND_LEFT: Final = re.compile(
    r"(?:(?P<at_least>不低于|不少于|不小于|不下于|不短于|至少|最少)|(?P<at_most>不超过|不高于|不大于|不多于|不突破|至多|最多)"
    r"|(?P<less_than>低于|少于|小于|不到|不足|不满|短于)|(?P<more_than>超过|超出|超|逾|突破|高于|大于|多于|跨过|冲破|破|过)"
    r"|(?P<about>大约|约为|约|将近|接近|近|约合))[了为在]?[ ]?$"
)
_BOUND_RIGHT: Final = re.compile(
    r"[ ]?(?:及|或|\(含\)|（含）)?(?:(?P<at_least>[以之]上)|(?P<at_most>[以之][内下]|封顶)|(?P<about>左右|上下))"
)
_APPROXIMATE: Final = re.compile(r"[余多]")

_RANKING: Final = re.compile(
    r"(?:[居列排位名占获得夺跃升至到进入前均稳为]|(?<!坚)持|全[国省市区县州盟旗疆球]|世界|位次|跻身|冠|总量|增速|[省市][内属]|自治区|各县|苏[北中南]"
    r"|[东西中]部|同类|城市|县级|分别|[省市区县州、和])[^，。；、]{0,6}$"
)
_AFTER_RANK: Final = re.compile(r"$|[\s，,。；;、：:！!？?）)”’\"]|和|及|与|左右|以内|的(?!重要|位置|任务|民生|要务)")
_RANK_UNIT: Final = re.compile(r"位(?!代表|的[人])|名(?!代表)|强(?=$|[\s，,。；;、）)])")
_RANK_MOVE: Final = re.compile(
    r"(?:前[移进升]|上[升移]|提[升高]|跃升|攀升|晋升|晋位|进位|[后下]移|下[降滑]|后退|倒退|退[后步]|回落|[升降退进])了?(?:约|近|超过?)?$"
)
_BARE_LEFT: Final = re.compile(
    r"(?:[为至到达是超近约过破]|指数|评分|得分|总分|系数|分别|保持在?|控制在|稳定在|强度|突破|以上、|、|和)[了：:]?[ ]?$"
)
_BARE_RIGHT: Final = re.compile(r"$|[\s，,。；;、）)]|以上|以下|以内|左右|和|的(?!突破)")
_THRESHOLD: Final = re.compile(r"[ ]?(?:及|或|（含）|\(含\))?[以之][上下内外](?P<after>的?.)?")
_CLOSES: Final = re.compile(r"[\s，,。；;、！!？?）)：:”…]|[和及与并或其较比且占为、同增下由是已按均分]|$")
_ATTRIBUTIVE: Final = re.compile(
    r"(?:级|量级|规模)?(?:以上的?)?(?:、[过超近]?[0-9百千十]{1,4}[亿万]元?){0,3}(?:[重新在储签引大主制造业工农产服务建优质特实文旅科技高]{0,6})"
    r"(?:项目|企业|强企|园区|产业|集群|街区|楼宇|商圈|市场|龙头|大镇|强镇|强县|强村|村|镇|县|俱乐部|单品|品牌|级)"
)
_TALKING_POINT: Final = re.compile(
    r"(?:重点|主要|重要|关键|突出|具体)?(?:方面|领域|环节|维度|层面|坚持|必须|统筹|转变|确保|更加|关系)"
)
_METHOD: Final = re.compile('[^“”"，。；0-9]{0,6}(?:工作方?法|工作思路|工作机制|工作模式|行动|战略)[”"]')  # “1%工作法”
_TIME_CIRCLE: Final = re.compile(r".{0,8}(?:圈|过境|免签|直播|热线|应急响应)")
_CODE_BEFORE: Final = re.compile(
    r"[A-Za-zＡ-Ｚａ-ｚ.．·＋+#№＃Ⅰ-Ⅻ]$|[〔\[［【{][0-9０-９]{0,3}$|(?:[PV]M|[A-Za-z])[-－—][0-9]{0,3}$"
)
_LATIN: Final = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ＋+]")


def bound_around(text: str, start: int, end: int) -> Bound | None:
    """The bound that the words beside (``约``, ``以上``) or inside (``余``) set on the quantity at ``text[start:end]``."""
    for m in (_BOUND_RIGHT.match(text, end), _BOUND_LEFT.search(text[max(0, start - 5) : start])):
        if m:
            return cast("Bound", m.lastgroup)
    return "more_than" if _APPROXIMATE.search(text[start:end]) else None


def is_code(text: str, start: int, end: int) -> bool:
    """Whether the numeral is part of a name or code: ``G319``, ``5A级``, ``[3]``, ``“1+6”``."""
    return bool(_CODE_BEFORE.search(text[max(0, start - 5) : start]))


def is_ranking(text: str, start: int, end: int) -> bool:
    """Whether the ordinal at ``text[start:end]`` (``第三``, ``第5位``, ``前十``), its unit included, is a place in a ranking."""
    if text[start] == "前" or text[end - 1] in "位名":
        return bool(_AFTER_RANK.match(text, end))
    return bool(_RANKING.search(text[max(0, start - 14) : start]))


def rank_end(text: str, end: int) -> int | None:
    """Where a rank whose numeral ends at ``end`` ends itself, its ``位`` or ``名`` taken in; None if it is an ordinal."""
    if m := _RANK_UNIT.match(text, end):
        return m.end()
    return end if _AFTER_RANK.match(text, end) else None


def is_rank_move(text: str, start: int, end: int) -> bool:
    """Whether the quantity at ``text[start:end]`` says by how many places a rank moved (``前移7位``)."""
    if text[end - 1] not in "位名" and text[end - 2 : end] not in {"位次", "名次"}:
        return False
    return bool(_RANK_MOVE.search(text[max(0, start - 6) : start]) and _AFTER_RANK.match(text, end))


def is_bare_measure(text: str, start: int, end: int) -> bool:
    """Whether a number without unit measures something, by the words beside it (``死亡率为0。``)."""
    return bool(_BARE_LEFT.search(text[max(0, start - 5) : start]) and _BARE_RIGHT.match(text, end))


def defines_group(text: str, start: int, end: int, unit: Unit) -> bool:
    """Whether the quantity only says which things are meant: ``5亿元以上项目``, ``12岁及以上人群``."""
    if text[end : end + 1] == "级" or text[start - 1 : start] == "每":
        return True
    if unit.dimension in {"ratio", "count"} and unit.symbol not in {"户", "起"}:
        return False
    if m := _THRESHOLD.match(text, end):
        return not _CLOSES.match(text, m.start("after") if m["after"] else m.end())
    return unit.dimension.startswith("money") and bool(_ATTRIBUTIVE.match(text, end))


def accepts(text: str, start: int, end: int, unit: Unit, numeral: str, *, chinese: bool) -> bool:
    """Whether the numeral with its unit is a quantity, by the unit's role and the words around."""
    if start and (text[start - 1] == "第" or (text[start - 1] in '“"' and _METHOD.match(text, end))):
        return False
    if text[end - 1].isascii() and text[end - 1].isalpha() and _LATIN.match(text, end):
        return False
    if defines_group(text, start, end, unit):
        return False
    if unit.role != "measure" or chinese:
        return _ROLES[unit.role](text, start, end, unit, numeral, chinese)
    return not (unit.dimension == "time" and _TIME_CIRCLE.match(text, end))


def _classifier(text: str, start: int, end: int, unit: Unit, numeral: str, chinese: bool) -> bool:
    if _TALKING_POINT.match(text, end) or (unit.symbol == "条" and text[end : end + 1] in {"”", "’"}):
        return False
    if chinese:
        return _counts(text, start, numeral)
    return True


def _counts(text: str, start: int, numeral: str) -> bool:
    """Whether a Chinese numeral before a classifier counts: from ten upwards, or with 余/多 (``二十余件``)."""
    if any(c in numeral for c in "余多来"):
        return True
    if all(c in "百千万亿" for c in numeral):
        return bool(_BOUND_LEFT.search(text[max(0, start - 5) : start])) or text[start - 1 : start] in {"上", "达"}
    return "十" in numeral[1:] or "百" in numeral or "千" in numeral or "万" in numeral


def _measure(text: str, start: int, end: int, unit: Unit, numeral: str, chinese: bool) -> bool:
    """A Chinese numeral with a unit of measure; a magnitude word alone needs a word that says it is reached."""
    if all(c in "百千万亿" for c in numeral):
        return _counts(text, start, numeral)
    return len(numeral) > 1 or unit.dimension not in {"length", "time", "mass", "volume"}


def _weak(text: str, start: int, end: int, unit: Unit, numeral: str, chinese: bool) -> bool:
    wanted = _WEAK_LEFT.get(unit.symbol)
    if wanted is not None:
        return bool(wanted.search(text[max(0, start - 16) : start]))
    return (
        not chinese
        and unit.symbol not in {"级", "日", "届"}
        and unit.dimension in {"occurrences", "energy", "mass", "area", "ratio"}
        and (unit.dimension == "occurrences" or not numeral.isdecimal())
    )


def _place(text: str, start: int, end: int, unit: Unit, numeral: str, chinese: bool) -> bool:
    return not chinese and bool(_CLOSES.match(text, end) or text[end].isdecimal())


def _code(text: str, start: int, end: int, unit: Unit, numeral: str, chinese: bool) -> bool:
    return unit.symbol == "P" and "算力" in text[max(0, start - 16) : start]


_WEAK_LEFT: Final = {
    "岁": re.compile("寿命|平均年龄|人均.{0,6}命"),
    "分": re.compile("分数|得分|评分|成绩|总分|平均|满意度|指数|测评|考核"),
    "番": re.compile("翻[了]?$"),
    "个月": re.compile("缩短|压缩|提前|周期|支付|保障|工期|连续.{0,3}$(?<!连续)"),
    "年": re.compile("提前.{0,2}$"),
    "面": re.compile("旗|文化墙|宣传墙|镜"),
}  # fmt: skip
_ROLES: Final = {"classifier": _classifier, "measure": _measure, "weak": _weak, "place": _place, "code": _code}
