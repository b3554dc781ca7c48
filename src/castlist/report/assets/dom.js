/* dom.js: elements from plain values. Texts go in as text, so no name can become markup. */

function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/* Give an element a character's colour: var(--colour) there, in either scheme. */
function hued(node, group) {
  node.classList.add("hued");
  if (!group.known) return node;
  node.style.setProperty("--on-light", group.colour[0]);
  node.style.setProperty("--on-dark", group.colour[1]);
  return node;
}

/* When a group is on screen, as one strip from the film's start to its end. */
function presence(group) {
  const length = whole.end - whole.start;
  const path = group.tracks
    .map((track) => {
      const x = ((track.start - whole.start) / length) * 1000;
      const width = Math.max(2.5, ((track.end - track.start) / length) * 1000);
      return `M${x.toFixed(1)} 0h${width.toFixed(1)}v10h-${width.toFixed(1)}z`;
    })
    .join("");
  const strip = svg(
    "svg",
    { class: "presence", viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { d: path }),
  );
  return hued(strip, group);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function colourOf(group) {
  return group.known ? group.colour[dark.matches ? 1 : 0] : styled("--unknown");
}

function styled(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
