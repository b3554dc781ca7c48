/* adaptation.js: what the network learned on this film: a map of the tracks before and after,
   and the loss. A point shows its face; a click opens the track. */

{
  const told = facts.adaptation;
  const section = document.getElementById("adaptation");
  const SIDE = 1000;
  const MARGIN = 30;

  const tip = h("div", { class: "tip", hidden: true });

  function point(track, [x, y], box) {
    const dot = svg("circle", {
      cx: (MARGIN + x * (SIDE - 2 * MARGIN)).toFixed(1),
      cy: (MARGIN + y * (SIDE - 2 * MARGIN)).toFixed(1),
      r: told.map.tracks.length > 400 ? 8 : 13,
      "data-track": track.id,
    });
    hued(dot, track.group);
    dot.addEventListener("pointerenter", () => {
      const picture = face("tile", track.cover);
      if (picture.dataset.number) paint(picture);
      tip.replaceChildren(picture, h("p", {}, h("bdi", {}, track.group.label), ` · track ${track.id}`));
      tip.hidden = false;
      const frame = box.getBoundingClientRect();
      const spot = dot.getBoundingClientRect();
      box.append(tip);
      const left = spot.left - frame.left + spot.width / 2 - tip.offsetWidth / 2;
      tip.style.left = `${Math.min(Math.max(left, 4), box.clientWidth - tip.offsetWidth - 4)}px`;
      const above = spot.top - frame.top - tip.offsetHeight - 8;
      tip.style.top = `${above > 0 ? above : spot.bottom - frame.top + 8}px`;
      for (const other of section.querySelectorAll("circle")) {
        other.classList.toggle("same", trackById.get(Number(other.dataset.track)).group === track.group);
      }
      section.classList.add("comparing");
    });
    dot.addEventListener("pointerleave", () => {
      tip.hidden = true;
      section.classList.remove("comparing");
    });
    dot.addEventListener("click", () => {
      location.hash = track.hash;
    });
    return dot;
  }

  function map(title, points) {
    const box = h("div", { class: "map" });
    const dots = told.map.tracks
      .map((id, i) => [trackById.get(id), points[i]])
      .filter(([track]) => track)
      .map(([track, place]) => point(track, place, box));
    box.append(svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" }, dots));
    return h("figure", {}, h("figcaption", {}, title), box);
  }

  function curve(values) {
    const high = Math.max(...values);
    const low = Math.min(...values);
    const place = (value, i) =>
      `${((i / Math.max(values.length - 1, 1)) * 596 + 2).toFixed(1)},${(118 - ((value - low) / (high - low || 1)) * 116).toFixed(1)}`;
    const line = svg(
      "svg",
      { viewBox: "0 0 600 120", class: "curve", role: "img", "aria-label": `Loss from ${values[0]} to ${values[values.length - 1]}` },
      svg("polyline", { points: values.map(place).join(" ") }),
    );
    const words = `Loss, step by step: from ${values[0].toFixed(2)} to ${values[values.length - 1].toFixed(2)}`;
    return h("figure", {}, h("figcaption", {}, words), line);
  }

  // Before each round of training and after the last: [matches a track, entropy, characters]
  function rounds(rows) {
    const cell = (value) => h("td", {}, value === null ? "" : String(value));
    const name = (i) => (i < rows.length - 1 ? `before round ${i + 1}` : "at the end");
    return h(
      "table",
      { class: "rounds" },
      h("thead", {}, h("tr", {}, ["", "matches a track", "entropy, nats", "characters"].map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, rows.map((row, i) => h("tr", {}, h("th", { scope: "row" }, name(i)), row.map(cell)))),
    );
  }

  if (told && told.map && told.map.tracks) {
    const learned = told.loss.length > 0;
    const [before, after] = told.characters;
    const words = learned
      ? `The network was adapted to this film. As it came, it would have told ${counted(before, "character")} apart; adapted, ${after}. ` +
        "Each point is a track: near means alike."
      : "The network was not adapted to this film. Each point is a track: near means alike.";
    section.append(
      h("h2", { id: "adaptation-title" }, "Map of the tracks"),
      h("p", { class: "hint" }, words),
      h(
        "div",
        { class: "maps" },
        learned ? map("Before", told.map.before) : null,
        map(learned ? "After" : "As the network came", told.map.after),
      ),
      learned ? curve(told.loss) : "",
      learned ? rounds(told.rounds) : "",
    );
    section.hidden = false;
  }
}
