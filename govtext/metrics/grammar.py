"""The grammar of numerals in running text: the patterns that find them, and what may stand between and behind them."""

from __future__ import annotations

import re
from typing import Final

CHINESE_START: Final = frozenset("零〇一二两三四五六七八九十百千万亿数几")

D: Final = "[0-9０-９]"
CN: Final = "[零〇一二两三四五六七八九十百千万亿]"
MAGNITUDE: Final = "(?:[十百万亿]|千(?![瓦克米伏卡焦帕赫升]))"
TO: Final = "(?:——|[-－–—~～〜至])"

_GROUPED: Final = r"[0-9]{1,3}(?:,[0-9]{3}){1,5}(?![0-9])(?:\.[0-9]{1,6})?|[０-９]{1,3}(?:[，,][０-９]{3}){1,5}(?![０-９])(?:．[０-９]{1,6})?"
ARABIC: Final = (
    rf"(?:{_GROUPED}|{D}{{1,20}}(?:[.．]{D}{{1,8}}| [.．] {D}{{1,4}})?)"
    rf"(?:[ \u3000]?[余多几]?{MAGNITUDE}{{1,3}}(?:[ 余多]{MAGNITUDE}{{1,2}})?(?:{D}{{1,4}}{MAGNITUDE}{{1,2}})?)?[余多几]?"
)
CHINESE: Final = (
    rf"[数几]?{CN}{{1,20}}(?:点[零一二三四五六七八九]{{1,4}}{MAGNITUDE}{{0,2}})?(?:[余多几来]{MAGNITUDE}{{0,3}})?"
)

_YEAR: Final = rf"(?:[12１２]{D}{{3}}|[一二][零〇○一二三四五六七八九]{{3}})"
_DAY: Final = rf"{D}{{1,2}}(?:日?{TO}(?:{D}{{1,2}}[ ]?月)?{D}{{1,2}})?[ ]?日"
_DATE: Final = (
    rf"{_YEAR}[ ]?年?{TO}{_YEAR}(?!{D}|[.．])[ ]?年?"
    rf"|{_YEAR}[ ]?年(?:[ ]?{D}{{1,2}}[ ]?月(?:份)?(?:[ ]?{_DAY})?)?"
    rf"|{D}{{1,2}}(?:月?{TO}{D}{{1,2}})?[ ]?月(?:份)?(?:[ ]?{_DAY})?"
    rf"|{_DAY}(?!均)|{D}{{1,2}}[ ]?[时号]"
)
_PART: Final = rf"{D}{{1,3}}(?:[.．]{D}{{1,3}})?"

_FIRST: Final = "[0-9０-９零〇一二两三四五六七八九十百千万亿数几第前]"  # characters that a token may begin with
TOKEN: Final = re.compile(
    rf"(?={_FIRST})(?:(?P<date>{_DATE})"
    rf"|(?P<proportion>{_PART}(?:[:：∶]{_PART}){{1,3}})"
    rf"|(?P<fraction>[百千万一二三四五六七八九十]{{1,3}}分之[零〇一二三四五六七八九十百点]{{1,8}}"
    rf"(?:{TO}(?:百分之)?[零一二三四五六七八九十百点]{{1,6}})?|(?<![0-9０-９/／]){D}{{1,2}}[/／]{D}{{1,2}}(?!{D}|[/／.．月年 万]))"
    rf"|(?P<tenths>[一二两三四五六七八九]{{1,2}}成(?:[一二三四五六七八九半](?!效))?)"
    rf"|(?P<rank>第[ ]?(?:{D}{{1,4}}|[一二三四五六七八九十百]{{1,5}})|前(?:{D}{{1,3}}(?!{D}|[.．万千亿%％‰])|[一二三四五六七八九十百]{{1,3}}))"
    rf"|(?P<digits>[两二三四]位数)"
    rf"|(?P<number>{ARABIC}|{CHINESE}))"
)
SECOND_NUMBER: Final = re.compile(rf"{TO}(?P<number>{ARABIC}|{CHINESE})")
TO_NUMBER: Final = re.compile(rf"到(?P<number>{D}{{1,6}}(?:[.．]{D}{{1,4}})?{MAGNITUDE}{{0,3}})")
PER: Final = re.compile(
    r"[/／](?:标准立方米|立方米|平方米|平方公里|公里|公顷|亩|万人|千人|百户|人次|人|户|月|年|日|天|吨标准煤|吨标煤|吨|公斤|千克|斤|千瓦时|度|次"
    r"|小时|分钟|秒|升|个|台|辆|套|间|万元|件|床|生|㎡|m³)(?:[·・/／](?:月|年|日|天|次|人|㎡|平方米))?"
)
PER_MANY: Final = re.compile(r"[/／](?:[1１][0０]万|[1１][0０][0０]万|十万|百万|万|千)(?![元人户])")
