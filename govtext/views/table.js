"use strict";
// Sorts tables whose column heads carry data-sort ("n" numbers, "t" text) and hold a button; cells may give data-v and data-u (unit).
(() => {
  const collator = new Intl.Collator("zh-CN", { numeric: true });
  const key = (row, column, kind) => {
    const cell = row.cells[column];
    const value = cell.dataset.v ?? cell.textContent.trim();
    return kind === "n" ? [cell.dataset.u ?? "", value === "" ? NaN : Number(value)] : value;
  };
  const compareNumbers = ([unitA, a], [unitB, b]) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return unitA === unitB ? a - b : collator.compare(unitA, unitB);
  };
  const sortBy = (table, head, direction) => {
    const kind = head.dataset.sort;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row, head.cellIndex, kind), row]);
    const compare = kind === "n" ? compareNumbers : collator.compare;
    rows.sort((a, b) => {
      if (kind === "t" && (a[0] === "" || b[0] === "")) return (a[0] === "") - (b[0] === "");
      return (direction === "descending" ? -1 : 1) * compare(a[0], b[0]);
    });
    body.append(...rows.map(([, row]) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction);
  };
  for (const head of document.querySelectorAll("th[data-sort]")) {
    head.firstElementChild.addEventListener("click", () => {
      const next = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      sortBy(head.closest("table"), head, next);
    });
  }
})();
