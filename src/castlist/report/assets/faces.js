/* faces.js: pictures out of the sprite sheets, decoded when they come near the window.
   A picture is its kind ("tile" or "portrait") and its number; null stands for none. */

const sheetTexts = {};
for (const kind of Object.keys(facts.sheets)) {
  sheetTexts[kind] = document.querySelectorAll(`script[data-sheet="${kind}"]`);
}
const missing = {};
for (const [kind, sheet] of Object.entries(facts.sheets)) missing[kind] = new Set(sheet.missing);

const STRIP = "strip" in facts.sheets ? "strip" : "tile"; // the kind of the crops in the gallery

const sheetUrls = new Map();
const sheetImages = new Map();

/* Where picture `number` of a kind is: address of its sheet, column and row there. */
function locate(kind, number) {
  const { columns } = facts.sheets[kind];
  const sheet = Math.floor(number / columns ** 2);
  const place = number % columns ** 2;
  return { key: `${kind}-${sheet}`, kind, sheet, column: place % columns, row: Math.floor(place / columns), columns };
}

function sheetUrl({ key, kind, sheet }) {
  if (facts.served) return `sheet/${facts.served.version}/${kind}/${sheet}.jpg`;
  if (!sheetUrls.has(key)) {
    const text = atob(sheetTexts[kind][sheet].textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    sheetUrls.set(key, URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" })));
  }
  return sheetUrls.get(key);
}

function isShown(kind, number) {
  return number !== null && number !== undefined && !missing[kind].has(number);
}

/* Show a picture as the background of an element. */
function paint(node) {
  const spot = locate(node.dataset.kind, Number(node.dataset.number));
  const last = spot.columns - 1;
  node.style.backgroundImage = `url("${sheetUrl(spot)}")`;
  node.style.backgroundSize = `${spot.columns * 100}%`;
  node.style.backgroundPosition = `${(spot.column / last) * 100}% ${(spot.row / last) * 100}%`;
  delete node.dataset.number;
}

const nearWindow = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      nearWindow.unobserve(target);
      if (target.dataset.number) paint(target);
    }
  },
  { rootMargin: "400px" },
);

function paintAll() {
  document.querySelectorAll(".face[data-number]").forEach(paint);
}

addEventListener("beforeprint", paintAll);

/* An element that shows a picture; with a label it is read out, without it is decoration. */
function face(kind, number, { label = null, className = "" } = {}) {
  const spoken = label ? { role: "img", "aria-label": label, title: label } : { "aria-hidden": "true" };
  const node = h("span", { class: `face ${className}`, ...spoken });
  if (isShown(kind, number)) {
    node.dataset.kind = kind;
    node.dataset.number = number;
    nearWindow.observe(node);
  } else {
    node.classList.add("blank");
  }
  return node;
}

/* Draw a picture on a canvas, or have `again` called when its sheet is decoded. */
function drawFace(context, kind, number, x, y, size, again) {
  if (!isShown(kind, number)) return;
  const spot = locate(kind, number);
  if (!sheetImages.has(spot.key)) {
    const image = new Image();
    image.src = sheetUrl(spot);
    sheetImages.set(spot.key, { image, ready: false });
    image.decode().then(
      () => {
        sheetImages.get(spot.key).ready = true;
        again();
      },
      () => {}, // the review app's server may be gone: nothing is drawn
    );
  }
  const { image, ready } = sheetImages.get(spot.key);
  if (!ready) return;
  const { edge } = facts.sheets[kind];
  context.drawImage(image, spot.column * edge, spot.row * edge, edge, edge, x, y, size, size);
}
