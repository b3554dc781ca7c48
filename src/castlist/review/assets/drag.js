/* drag.js: things dragged onto characters, by mouse or pen; a finger scrolls, and has the buttons.
   While something is dragged all characters lie on a shelf, so that none is out of reach. */

/* `grasp` tells what is held at an element, or null: {group, picture, label, fits, drop}. `fits`
   tells whether it may be dropped on a character, `drop` does it. */
function dragging(grasp) {
  const FAR = 6; // pixels from where a press becomes a drag
  const byId = new Map(characters.map((one) => [one.id, one]));
  let held = null; // what is pressed and, once it is dragged, its ghost and the target below it
  let swallow = false; // the click that ends a drag

  const shelf = h("ol", { class: "shelf", "aria-hidden": "true" });

  function begin() {
    swallow = true;
    const { group, picture, label, fits } = held.thing;
    held.ghost = hued(h("div", { class: "ghost" }, picture, h("bdi", {}, label)), group);
    if (picture.dataset.number) paint(picture);
    shelf.replaceChildren(
      ...characters.filter(fits).map((one) =>
        hued(
          h(
            "li",
            { "data-character": one.id },
            face("portrait", one.portrait, { className: "portrait" }),
            h("bdi", {}, one.label),
          ),
          one,
        ),
      ),
    );
    document.body.append(shelf, held.ghost);
    document.body.classList.add("dragging");
  }

  function aim() {
    held.ghost.style.translate = `${held.x}px ${held.y}px`;
    const below = document.elementFromPoint(held.x, held.y);
    const node = below && below.closest("[data-character]");
    const target = node && held.thing.fits(byId.get(node.dataset.character)) ? node : null;
    if (target === held.target) return;
    if (held.target) held.target.classList.remove("target");
    if (target) target.classList.add("target");
    held.target = target;
  }

  function end() {
    const { ghost, target } = held;
    held = null;
    if (target) target.classList.remove("target");
    if (!ghost) return;
    ghost.remove();
    shelf.remove();
    document.body.classList.remove("dragging");
  }

  addEventListener("dragstart", (event) => event.preventDefault()); // links have a drag of their own
  addEventListener("pointerdown", (event) => {
    swallow = false;
    if (event.button || event.pointerType === "touch") return;
    if (event.target.closest("button, input, video, dialog")) return;
    const thing = grasp(event.target);
    if (thing) held = { thing, x: event.clientX, y: event.clientY, ghost: null, target: null };
  });
  addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!held.ghost) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < FAR) return;
      begin();
    }
    [held.x, held.y] = [event.clientX, event.clientY];
    aim();
  });
  addEventListener("scroll", () => held && held.ghost && aim(), true);
  addEventListener("pointerup", () => {
    if (!held) return;
    const { thing, target } = held;
    end();
    if (target) thing.drop(byId.get(target.dataset.character));
  });
  addEventListener("pointercancel", () => held && end());
  addEventListener(
    "keydown",
    (event) => {
      if (!held || event.key !== "Escape") return;
      end();
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  addEventListener(
    "click",
    (event) => {
      if (!swallow) return;
      swallow = false;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}
