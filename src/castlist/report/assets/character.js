/* character.js: one character (or all unknown tracks), every track a card with its crops.
   A card is empty until it comes near the window: there may be thousands. */

const character = (() => {
  const section = document.getElementById("character");
  const orders = {
    time: (a, b) => a.start - b.start || a.id - b.id,
    quality: (a, b) => b.quality - a.quality || a.id - b.id,
  };
  const editing = facts.served ? reviewing() : null; // in the review app only
  if (editing) orders.doubt = (a, b) => b.doubt - a.doubt || a.id - b.id;
  let order = editing ? "doubt" : "time";
  let group = null;
  let cards = new Map();
  const nearCards = new IntersectionObserver(
    (entries) => entries.filter((own) => own.isIntersecting).forEach((own) => complete(own.target)),
    { rootMargin: "900px" },
  );
  let list = null;
  let none = null;

  function neighbour(step) {
    const at = groups.indexOf(group);
    return at < 0 ? null : groups[at + step] || null;
  }

  function stepLink(step, sign, word) {
    const other = neighbour(step);
    const name = other ? `${word}: ${other.label}` : `${word}: none`;
    return h(
      "a",
      {
        class: "button",
        href: other ? other.hash : null,
        role: other ? null : "link",
        "aria-disabled": other ? null : "true",
        "aria-label": name,
        title: name,
      },
      sign,
    );
  }

  function head() {
    const facesOf = group.known
      ? face("portrait", group.portrait, { label: `Portrait of ${group.label}`, className: "portrait" })
      : null;
    if (facesOf) facesOf.dataset.character = group.id;
    const lastFrame = group.tracks.reduce((last, track) => Math.max(last, track.last), 0);
    const lines = group.known
      ? [
          ["on screen", `${onScreen(group.seconds)} (${percent(group.seconds / film.duration)})`],
          ["tracks", thousands.format(group.tracks.length)],
          ["first seen", group.tracks.length ? timecode(group.tracks[0].first) : "–"],
          ["last seen", group.tracks.length ? timecode(lastFrame) : "–"],
        ]
      : [["tracks", thousands.format(group.tracks.length)]];
    return h(
      "header",
      { class: "character-head" },
      facesOf,
      h(
        "div",
        { class: "character-text" },
        h(
          "h2",
          { id: "character-title", tabindex: "-1" },
          h("bdi", {}, group.label),
          group.name ? h("small", {}, group.id) : null,
        ),
        group.known
          ? null
          : h("p", { class: "lead" }, "Tracks too small, too dark or too turned away to be placed with anybody."),
        h(
          "dl",
          { class: "numbers small" },
          lines.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", { class: "code" }, value))),
        ),
        presence(group),
        editing ? editing.head(group) : null,
      ),
      h(
        "nav",
        { class: "steps", "aria-label": "Characters" },
        stepLink(-1, "‹", "Previous"),
        stepLink(1, "›", "Next"),
        h("a", { class: "button", href: "#cast", "aria-label": "Close, back to the cast", title: "Close (Esc)" }, "✕"),
      ),
    );
  }

  function orderButton(name, word) {
    const button = h("button", { type: "button", "aria-pressed": String(order === name) }, word);
    button.addEventListener("click", () => {
      order = name;
      for (const other of button.parentNode.children) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      arrange();
    });
    return button;
  }

  function tools() {
    return h(
      "div",
      { class: "bar" },
      h("h3", {}, "Tracks ", h("span", { class: "tally" }, thousands.format(group.tracks.length))),
      h(
        "div",
        { class: "choice", role: "group", "aria-label": "Order of the tracks" },
        editing ? orderButton("doubt", "By doubt") : null,
        orderButton("time", "By time"),
        orderButton("quality", "By quality"),
      ),
      searchField("Find a track", "Track, shot or time", filter),
    );
  }

  function trackCard(track) {
    const card = h("li", {
      class: "track",
      "data-track": track.id,
      tabindex: "-1",
      onfocus: () => complete(card),
    });
    card.style.setProperty("--crops", Math.max(1, track.tiles.length));
    nearCards.observe(card);
    return hued(card, group);
  }

  function complete(card) {
    if (card.firstChild) return;
    nearCards.unobserve(card);
    const track = trackById.get(Number(card.dataset.track));
    const quality = track.quality.toFixed(2);
    const bar = h("span", { class: "quality-bar", "aria-hidden": "true" }, h("span"));
    bar.firstChild.style.width = `${Math.min(1, Math.max(0, track.quality)) * 100}%`;
    const crops = track.tiles.length ? track.tiles : [null];
    card.append(
      h(
        "div",
        { class: "crops" },
        crops.map((number, i) =>
          face("tile", number, { label: number === null ? "No crop" : timecode(track.frames[i]) }),
        ),
      ),
      h("p", { class: "code span" }, `${timecode(track.first)} – ${timecode(track.last)}`),
      h(
        "p",
        { class: "minor" },
        `${track.start.toFixed(2)} – ${track.end.toFixed(2)} s, ${(track.end - track.start).toFixed(1)} s long`,
      ),
      h(
        "p",
        { class: "minor marks" },
        h("a", { href: track.hash }, `Track ${track.id}`),
        h("span", {}, `Shot ${track.shot}`),
        h("span", { class: "quality", title: `Quality ${quality}` }, "Quality ", bar, quality),
      ),
    );
    if (editing) editing.dress(card, track);
  }

  function arrange() {
    list.append(...[...group.tracks].sort(orders[order]).map((track) => cards.get(track)));
  }

  function filter(query) {
    const test = search(query);
    let shown = 0;
    for (const [track, card] of cards) {
      card.hidden = !test.track(track);
      shown += card.hidden ? 0 : 1;
    }
    none.hidden = shown > 0;
    none.textContent = `No track here answers “${query.trim()}”. Try 17, shot 4 or 12:30.`;
  }

  addEventListener("beforeprint", () => {
    cards.forEach(complete);
    paintAll();
  });

  function open(next) {
    group = next;
    nearCards.disconnect();
    cards = new Map(group.tracks.map((track) => [track, trackCard(track)]));
    list = h("ol", { class: "tracks" });
    none = h("p", { class: "notice", role: "status", hidden: true });
    section.replaceChildren(
      ...[hued(head(), group), editing && editing.film(group), tools(), list, none].filter(Boolean),
    );
    section.classList.toggle("is-unknown", !group.known);
    arrange();
  }

  function mark(track) {
    for (const [own, card] of cards) {
      card.classList.toggle("selected", own === track);
      if (own === track) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
    }
    if (!track) return;
    if (editing) editing.play(track);
    const card = cards.get(track);
    complete(card);
    card.hidden = false;
    card.scrollIntoView({ block: "nearest", behavior: "instant" });
    card.focus({ preventScroll: true });
  }

  return {
    title: () => section.querySelector("#character-title"),
    neighbour,
    show(place, before) {
      section.hidden = !place.group;
      if (!place.group) {
        section.replaceChildren();
        group = null;
        if (editing) editing.close();
        return;
      }
      if (place.group !== before.group) {
        open(place.group);
        section.scrollIntoView({ block: "start", behavior: "instant" });
        if (!place.track) this.title().focus({ preventScroll: true });
      }
      mark(place.track);
    },
  };
})();
