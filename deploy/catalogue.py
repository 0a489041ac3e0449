"""A catalogue of items, and opening stock for it, made from the lines of sales invoices.

    python -m deploy.catalogue SALES.csv.gz ITEMS.csv --opening OPENING.csv

Every stock code becomes one row. Fees and codes that nobody described stay in the file, so that the import
refuses them with their reason instead of losing them in silence.
"""

from __future__ import annotations

import argparse
import csv
import io
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from deploy.amounts import BadCell, amount
from deploy.descriptions import is_remark, is_service
from deploy.errors import CommandFailed
from deploy.files import write_atomically
from deploy.sheets import Layout, Row, Sheet, read_sheet
from services.kit.quantity import decimal_text

SALES = Layout(
    synonyms={
        "invoice": ("invoice no", "invoice number", "发票号", "单号"),
        "code": ("stock code", "item", "编码", "商品编码"),
        "name": ("description", "名称", "商品名称", "描述"),
        "quantity": ("qty", "数量"),
        "price": ("unit price", "单价", "售价"),
    },
    required=("invoice", "code", "name", "quantity", "price"),
)
ITEM_COLUMNS = (
    "code",
    "name",
    "name_en",
    "spec",
    "unit",
    "category",
    "aliases",
    "tracking",
    "shelf_life_days",
    "cost",
    "price",
    "reorder_point",
    "pack",
    "barcode",
)
OPENING_COLUMNS = ("item", "warehouse", "quantity", "lot_or_serial", "expires_in_days", "unit_cost")
UNIT = "件"
CATEGORY = "零售商品"
MAXIMUM_ALIASES = 3
_MICROS = 1_000_000


@dataclass
class Product:
    """What the sales lines say about one stock code."""

    code: str
    names: Counter[str] = field(default_factory=Counter)
    prices: list[Fraction] = field(default_factory=list)
    sold: Fraction = Fraction(0)
    spellings: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The name used most; of equal ones the first in the alphabet; "" where every line is blank."""
        good = {name: count for name, count in self.names.items() if not is_remark(name)}
        candidates = good or {name: count for name, count in self.names.items() if name}
        return min(candidates, key=lambda name: (-candidates[name], name), default="")

    @property
    def other_names(self) -> list[str]:
        """Names that were used more than once beside the chosen one."""
        others = [
            name
            for name, count in self.names.items()
            if count > 1 and name != self.name and not is_remark(name)
        ]
        return sorted(others, key=lambda name: (-self.names[name], name))[:MAXIMUM_ALIASES]

    @property
    def price(self) -> str:
        """The median of the prices above zero, on millionths; "" where there is none."""
        if not self.prices:
            return ""
        return decimal_text(round(Fraction(statistics.median(self.prices)) * _MICROS), 6)

    @property
    def is_goods(self) -> bool:
        """Whether it is something that can lie on a shelf and has a name."""
        return not is_service(self.code, self.name) and not is_remark(self.name)


@dataclass(frozen=True)
class Catalogue:
    """The products of the sales lines in the order of their codes, and how many lines there were."""

    products: tuple[Product, ...]
    lines: int
    unreadable: int

    def figures(self) -> list[tuple[str, int]]:
        """What was found, for people."""
        goods = [product for product in self.products if product.is_goods]
        return [
            ("sales lines", self.lines),
            ("lines with an unreadable quantity or price", self.unreadable),
            ("stock codes", len(self.products)),
            (
                "codes written in more than one way (85123A, 85123a)",
                sum(len(p.spellings) > 1 for p in self.products),
            ),
            ("codes with blank descriptions or remarks on some lines", sum(_has_remarks(p) for p in goods)),
            ("codes with several names", sum(len(p.names) - _remark_count(p) > 1 for p in goods)),
            ("fees, discounts, vouchers", sum(is_service(p.code, p.name) for p in self.products)),
            (
                "codes that no line describes",
                len(self.products) - len(goods) - sum(is_service(p.code, p.name) for p in self.products),
            ),
            ("goods", len(goods)),
        ]


def make_catalogue(rows: Iterable[Row]) -> Catalogue:
    """Gather what the sales lines say about each stock code; codes that differ only by case are one."""
    products: dict[str, Product] = {}
    lines = unreadable = 0
    for row in rows:
        lines += 1
        spelling = row.cells["code"]
        code = spelling.upper()
        if not code:
            unreadable += 1
            continue
        product = products.setdefault(code, Product(code))
        product.spellings.add(spelling)
        product.names[row.cells["name"]] += 1
        try:
            price = Fraction(amount(row.cells["price"], "price"))
            product.sold += Fraction(amount(row.cells["quantity"], "quantity"))
        except BadCell:
            unreadable += 1
            continue
        if price > 0:
            product.prices.append(price)
    return Catalogue(tuple(products[code] for code in sorted(products)), lines, unreadable)


def item_rows(catalogue: Catalogue) -> list[dict[str, str]]:
    """The catalogue as rows of the items table.

    The reference cost is the median price: nothing better is known, and approval must not see zero.
    """
    return [
        {
            **dict.fromkeys(ITEM_COLUMNS, ""),
            "code": product.code,
            "name_en": product.name,
            "unit": UNIT,
            "category": CATEGORY,
            "aliases": "|".join(name.replace("|", " ") for name in product.other_names),
            "tracking": "none",
            "cost": product.price,
            "price": product.price,
        }
        for product in catalogue.products
    ]


def opening_rows(catalogue: Catalogue, warehouse: str) -> list[dict[str, str]]:
    """Opening stock for the goods: as much as the lines sold in all, so that they could have been sold."""
    return [
        {
            **dict.fromkeys(OPENING_COLUMNS, ""),
            "item": product.code,
            "warehouse": warehouse,
            "quantity": str(max(1, int(product.sold))),
            "unit_cost": product.price,
        }
        for product in catalogue.products
        if product.is_goods
    ]


def catalogue_sheet(sales: Sheet) -> Sheet:
    """The items table that a table of sales lines stands for."""
    rows = item_rows(make_catalogue(sales.rows))
    return Sheet(
        columns=ITEM_COLUMNS,
        ignored_columns=(),
        rows=tuple(Row(number, cells) for number, cells in enumerate(rows, 2)),
        encoding=sales.encoding,
        separator=sales.separator,
    )


def _remark_count(product: Product) -> int:
    return sum(is_remark(name) for name in product.names)


def _has_remarks(product: Product) -> bool:
    return _remark_count(product) > 0


def _write(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode(), 0o644)


def main() -> int:
    """Read sales lines, write the tables, print what was found."""
    parser = argparse.ArgumentParser(prog="python -m deploy.catalogue", description=__doc__)
    parser.add_argument("sales", type=Path, help="CSV of sales lines, also gzipped")
    parser.add_argument("items", type=Path, help="where the items table is written")
    parser.add_argument("--opening", type=Path, help="where an opening stock table is written")
    parser.add_argument("--warehouse", default="ZC", help="the warehouse of the opening stock")
    asked = parser.parse_args()
    try:
        catalogue = make_catalogue(read_sheet(asked.sales, SALES).rows)
        _write(asked.items, ITEM_COLUMNS, item_rows(catalogue))
        if asked.opening is not None:
            _write(asked.opening, OPENING_COLUMNS, opening_rows(catalogue, asked.warehouse))
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    for label, figure in catalogue.figures():
        print(f"{figure:>8,}  {label}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
