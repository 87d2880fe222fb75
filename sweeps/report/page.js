// Tables sort by a click on a column's head; without scripts they stay as they are.
const value = (row, at) => row.cells[at].textContent.trim();
const number = (text) => parseFloat(text.replaceAll(",", "").replace("<", "").replace("−", "-"));
const compare = (a, b) => {
  const [x, y] = [number(a), number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a.localeCompare(b);
};
for (const head of document.querySelectorAll("thead th")) {
  const table = head.closest("table");
  if (table.tBodies[0].rows.length < 2) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  head.replaceChildren(button);
  button.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => compare(value(a, head.cellIndex), value(b, head.cellIndex)) * (down ? -1 : 1));
    table.tBodies[0].append(...rows);
  });
}
