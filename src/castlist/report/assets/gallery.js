/* gallery.js: the cast, a card each, most seen first; tracks of unknown people apart. */

const gallery = (() => {
  const UNKNOWN_SHOWN = 48;
  const section = document.getElementById("gallery");
  const list = h("ol", { class: "cards" });
  const none = h("p", { class: "notice", role: "status", hidden: true });
  const cards = new Map();
  let scrolled = 0;

  function card(group) {
    const link = h(
      "a",
      { class: "card", href: group.hash, "data-character": group.id },
      face("portrait", group.portrait, { className: "portrait" }),
      h(
        "div",
        { class: "card-text" },
        h("h3", {}, h("bdi", {}, group.label), group.name ? h("small", {}, group.id) : null,
          group.hidden ? h("small", {}, "extra") : null),
        group.note ? h("p", {}, h("bdi", {}, group.note)) : null,
        h("p", { class: "big" }, onScreen(group.seconds)),
        h("p", {}, `on screen, ${percent(group.seconds / film.duration)}`),
        h("p", {}, counted(group.tracks.length, "track")),
        group.tracks.length
          ? h("p", {}, "first ", h("span", { class: "code" }, timecode(group.tracks[0].first)))
          : null,
      ),
      presence(group),
      h("div", { class: "strip" }, group.strip.map((number) => face(STRIP, number))),
    );
    return h("li", {}, hued(link, group));
  }

  function filter(query) {
    const test = search(query);
    let shown = 0;
    for (const [group, node] of cards) {
      node.hidden = !test.group(group);
      shown += node.hidden ? 0 : 1;
    }
    none.hidden = shown > 0;
    none.textContent = `Nobody in the cast answers “${query.trim()}”.`;
  }

  function emptyFilm() {
    return h(
      "div",
      { class: "empty" },
      h("h2", { id: "gallery-title", tabindex: "-1" }, "No faces in this film"),
      h("p", {}, "castlist read the film to its end and found nobody it could follow."),
      h(
        "p",
        {},
        "That is right for landscapes, drawings or titles. If there are people in it, they may be " +
          "too small or seen from behind only: the settings below tell what was looked for.",
      ),
    );
  }

  function unknownPart() {
    const rest = unknown.tracks.length - UNKNOWN_SHOWN;
    return h(
      "div",
      { class: "unknown-part" },
      h("h2", {}, "Unknown ", h("span", { class: "tally" }, thousands.format(unknown.tracks.length))),
      h(
        "p",
        { class: "lead" },
        "Tracks too small, too dark or too turned away to be placed with anybody.",
      ),
      h(
        "ul",
        { class: "covers" },
        unknown.tracks
          .slice(0, UNKNOWN_SHOWN)
          .map((track) =>
            h(
              "li",
              {},
              h(
                "a",
                {
                  href: track.hash,
                  "data-track": track.id,
                  "aria-label": `Unknown, track ${track.id}, ${timecode(track.first)}`,
                },
                face("tile", track.cover),
                h("span", { class: "code" }, timecode(track.first)),
              ),
            ),
          ),
      ),
      h(
        "a",
        { class: "more", href: unknown.hash },
        rest > 0 ? `Show all ${thousands.format(unknown.tracks.length)}` : "Show them with all their crops",
      ),
    );
  }

  if (!facts.tracks.length) {
    section.append(emptyFilm());
  } else {
    for (const group of characters) cards.set(group, card(group));
    list.append(...cards.values());
    section.append(
      h(
        "div",
        { class: "bar" },
        h(
          "h2",
          { id: "gallery-title", tabindex: "-1" },
          "Cast ",
          h("span", { class: "tally" }, thousands.format(characters.length)),
        ),
        characters.length
          ? searchField("Find in the cast", "Name, track, shot or time", filter)
          : null,
      ),
      facts.conflicts.length
        ? h(
            "div",
            { class: "notice", role: "status" },
            h("p", {}, "Some corrections don't fit this run any more:"),
            h("ul", {}, facts.conflicts.map((text) => h("li", {}, h("bdi", {}, text)))),
          )
        : "",
      characters.length
        ? list
        : h("p", { class: "notice" }, "No character could be told apart; the tracks are below."),
      none,
    );
    if (unknown.tracks.length) section.append(unknownPart());
  }

  return {
    title: () => section.querySelector("#gallery-title"),
    show(place, before) {
      if (place.group) {
        if (!before.group) scrolled = before.scroll;
        section.hidden = true;
        return;
      }
      section.hidden = false;
      if (!before.group) return;
      scrollTo({ top: scrolled, behavior: "instant" });
      const node = cards.get(before.group);
      if (node && !node.hidden) node.firstChild.focus({ preventScroll: true });
    },
  };
})();
