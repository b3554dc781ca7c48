/* sort.js: a click on a column's title sorts each part of its table by that column. */

for (const table of document.querySelectorAll("table")) {
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((head, column) => {
    const words = head.classList.contains("words");
    const value = (line) => {
      const text = line.cells[column].textContent;
      return words ? text.toLowerCase() : parseFloat(text);
    };
    const compare = (a, b) => (words ? a.localeCompare(b) : a - b);
    const empty = (found) => found === "" || Number.isNaN(found);

    const sort = () => {
      const last = head.getAttribute("aria-sort");
      const up = words ? last !== "ascending" : last === "descending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      for (const body of table.tBodies) {
        const lines = [...body.rows].filter((line) => !line.classList.contains("part"));
        lines.sort((one, other) => {
          const [a, b] = [value(one), value(other)];
          if (empty(a) || empty(b)) return empty(a) - empty(b);
          return up ? compare(a, b) : compare(b, a);
        });
        body.append(...lines);
      }
    };
    head.tabIndex = 0;
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort();
    });
  });
}
