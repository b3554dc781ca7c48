/* review.js: corrections. Everything the user decides is sent as one wish; the page then loads
   itself anew, at the same place. `character` asks here for what it shows beside its tracks. */

function reviewing() {
  const { served } = facts;
  const chosen = new Set(); // numbers of tracks
  const PLACE = "castlist-place";
  let open = null; // the character at hand
  let video = null;

  /* ---- wishes ---- */

  async function wish(what) {
    document.body.setAttribute("aria-busy", "true");
    let problem = null;
    try {
      const answer = await fetch("edit", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ version: served.version, ...what }),
      });
      const told = await answer.json();
      if (!answer.ok) problem = told.problem || "That can't be done.";
      if (answer.ok || answer.status === 409) return reload(problem);
    } catch {
      problem = "castlist review doesn't answer; start it again. Nothing is lost.";
    }
    document.body.removeAttribute("aria-busy");
    return say(problem);
  }

  /* Return what the server says, or null: it may be gone, or the page about to load anew. */
  async function asked(address) {
    try {
      const answer = await fetch(address);
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  /* After a correction characters may be numbered anew: the place is kept by one of its tracks. */
  function reload(problem) {
    const anchor = open && open.tracks.find((track) => !chosen.has(track.id));
    const place = { scroll: scrollY, problem, track: anchor ? anchor.id : null, asking: asking.open };
    sessionStorage.setItem(PLACE, JSON.stringify(place));
    location.reload();
  }

  function restore() {
    const kept = JSON.parse(sessionStorage.getItem(PLACE) || "null");
    sessionStorage.removeItem(PLACE);
    if (!kept) return;
    const track = kept.track === null ? null : trackById.get(kept.track);
    if (track && location.hash) history.replaceState(null, "", track.group.hash);
    requestAnimationFrame(() => scrollTo({ top: kept.scroll, behavior: "instant" }));
    if (kept.problem) say(kept.problem);
    if (kept.asking) ask();
  }

  /* ---- the bar at the bottom ---- */

  const told = h("p", { class: "told", role: "status" });
  const button = (word, key, act, attributes = {}) =>
    h(
      "button",
      { type: "button", class: "button", "aria-keyshortcuts": key, title: `${word} (${key})`, onclick: act, ...attributes },
      word,
      h("kbd", { "aria-hidden": "true" }, key),
    );
  const forTracks = h("div", { class: "for-tracks", role: "group", "aria-label": "Chosen tracks", hidden: true });
  const bar = h(
    "div",
    { id: "review-bar", role: "toolbar", "aria-label": "Corrections" },
    button("Undo", "u", () => wish({ do: "undo" }), { disabled: !served.undo }),
    button("Redo", "U", () => wish({ do: "redo" }), { disabled: !served.redo }),
    button("Questions", "q", () => ask()),
    button("Keys", "?", () => keysShown()),
    forTracks,
    told,
  );

  function say(text) {
    told.textContent = text || "";
  }

  function choose(track, card, yes) {
    if (yes) chosen.add(track.id);
    else chosen.delete(track.id);
    card.classList.toggle("chosen", yes);
    card.querySelector(".choose").checked = yes;
    const one = chosen.size === 1;
    forTracks.hidden = !chosen.size;
    forTracks.replaceChildren(
      h("span", {}, counted(chosen.size, "track"), " chosen:"),
      button("Move to…", "m", moveChosen),
      open && open.known && chosen.size < open.tracks.length ? button("New character", "s", splitChosen) : "",
      open && open.known ? button("Confirm", "c", confirmChosen) : "",
      one ? button("No face", "f", noFace) : "",
    );
  }

  const tracksChosen = () => [...chosen];

  function moveChosen() {
    const others = characters.filter((one) => one !== open);
    pick("Move to which character?", others, (to) => wish({ do: "move", who: to.id, tracks: tracksChosen() }));
  }

  function splitChosen() {
    wish({ do: "split", who: open.id, tracks: tracksChosen() });
  }

  function confirmChosen() {
    wish({ do: "confirm", tracks: tracksChosen() });
  }

  function noFace() {
    wish({ do: "no_face", tracks: tracksChosen() });
  }

  /* ---- dialogs ---- */

  function dialog(title, ...content) {
    const node = h(
      "dialog",
      { class: "review-dialog", "aria-label": title },
      h("form", { method: "dialog" }, h("h2", {}, title), ...content),
    );
    node.addEventListener("close", () => node.remove());
    document.body.append(node);
    node.showModal();
    return node;
  }

  /* Let the user pick one of the characters, by name, number or with the arrows. */
  function pick(title, choices, done) {
    const field = h("input", { type: "search", class: "search", "aria-label": "Find a character" });
    const list = h("ul", { class: "choices" });
    const rows = choices.map((one) => {
      const row = h(
        "button",
        { type: "button", class: "choice-row", onclick: () => finish(one) },
        face("portrait", one.portrait, { className: "portrait" }),
        h("bdi", {}, one.label),
        h("small", {}, one.name ? one.id : "", " ", counted(one.tracks.length, "track")),
      );
      return [one, h("li", {}, hued(row, one))];
    });
    list.append(...rows.map(([, node]) => node));
    const shown = () => rows.filter(([, node]) => !node.hidden);
    field.addEventListener("input", () => {
      const text = field.value.trim().toLowerCase();
      for (const [one, node] of rows) {
        node.hidden = !`${one.label} ${one.id}`.toLowerCase().includes(text);
      }
    });
    const node = dialog(title, field, list, h("button", { class: "button", value: "cancel" }, "Cancel"));
    node.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const buttons = shown().map(([, row]) => row.firstChild);
      if (step) {
        const at = buttons.indexOf(document.activeElement);
        (buttons[at + step] || (step > 0 ? buttons[0] : field)).focus();
      } else if (event.key === "Enter" && document.activeElement === field && buttons.length) {
        buttons[0].click();
      } else {
        return;
      }
      event.preventDefault();
    });
    const finish = (one) => {
      node.close();
      done(one);
    };
    field.focus();
  }

  function keysShown() {
    const keys = [
      ["u, U", "undo, redo"],
      ["q", "questions: y yes, n no, s skip"],
      ["r", "name the character"],
      ["drag", "a track onto a character moves it; a character onto another merges them"],
      ["j, k", "next, previous track"],
      ["x", "choose the track"],
      ["m", "move the chosen tracks; with none chosen, merge the character"],
      ["s", "make a new character of the chosen tracks"],
      ["p", "part the tracks that were joined with the least certainty"],
      ["c, f", "confirm the chosen tracks; the chosen one is no face"],
      ["d", "never the same person as another character"],
      ["h", "an extra, or not"],
      ["←, →", "previous, next character"],
      ["Esc", "back to the cast"],
      ["/", "search"],
    ];
    dialog(
      "Keys",
      h("dl", { class: "keys" }, keys.map(([key, what]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)))),
      h("button", { class: "button", value: "cancel" }, "Close"),
    );
  }

  /* ---- questions ---- */

  const asking = { open: false, node: null, list: [], at: 0 };

  async function ask() {
    if (asking.node) return;
    const told = await asked("questions");
    if (!told) return say("castlist review doesn't answer; start it again. Nothing is lost.");
    asking.list = told.questions;
    asking.at = 0;
    asking.open = true;
    asking.node = dialog("Questions", h("div", { class: "question" }));
    asking.node.addEventListener("close", () => {
      asking.open = false;
      asking.node = null;
    });
    asking.node.addEventListener("keydown", (event) => {
      const act = { y: yes, n: no, s: skip }[event.key];
      if (!act || !asking.list[asking.at]) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    return question();
  }

  const byId = new Map(characters.map((one) => [one.id, one]));
  const named = (id) => (byId.get(id) ? byId.get(id).label : "unknown");

  function question() {
    const place = asking.node.querySelector(".question");
    const now = asking.list[asking.at];
    if (!now) {
      place.replaceChildren(
        h("p", {}, "Nothing more to ask."),
        h("button", { class: "button", value: "cancel", autofocus: true }, "Close"),
      );
      return;
    }
    const text =
      now.track === null
        ? `Are ${named(now.character)} and ${named(now.other)} the same person?`
        : now.character === null
          ? `Is this somebody else than ${named(now.other)}?`
          : now.other === null
            ? `Is this ${named(now.character)}?`
            : `Is this ${named(now.character)} and not ${named(now.other)}?`;
    const sides = now.track === null ? [now.character, now.other] : [now.other, now.character];
    place.replaceChildren(
      h("p", { class: "asked" }, text),
      h("p", { class: "minor" }, `${asking.at + 1} of ${asking.list.length}; castlist would say yes with ${percent(now.likely)}`),
      now.track === null ? "" : h("div", { class: "evidence track-evidence" }, pictures("tile", trackById.get(now.track).tiles)),
      h("div", { class: "sides" }, sides.filter(Boolean).map((id) => side(byId.get(id)))),
      h(
        "div",
        { class: "answers" },
        button("Yes", "y", yes, { autofocus: true }),
        button("No", "n", no),
        button("Skip", "s", skip),
        h("button", { class: "button", value: "cancel" }, "Close"),
      ),
    );
    const first = place.querySelector("[autofocus]");
    if (first) first.focus();
  }

  function side(one) {
    return hued(
      h(
        "figure",
        {},
        face("portrait", one.portrait, { className: "portrait", label: `Portrait of ${one.label}` }),
        h("figcaption", {}, h("bdi", {}, one.label)),
        h("div", { class: "evidence" }, pictures(STRIP, one.strip)),
      ),
      one,
    );
  }

  const pictures = (kind, numbers) => numbers.slice(0, 8).map((number) => face(kind, number));

  function yes() {
    const now = asking.list[asking.at];
    if (now.track === null) wish({ do: "merge", who: now.other, others: [now.character] });
    else if (now.character === null) wish({ do: "split", who: now.other, tracks: [now.track] });
    else wish({ do: "move", who: now.character, tracks: [now.track] });
  }

  function no() {
    const now = asking.list[asking.at];
    if (now.track === null) wish({ do: "never", who: now.character, others: [now.other] });
    else if (now.other === null) wish({ do: "never", tracks: [now.track], others: [now.character] });
    else wish({ do: "confirm", tracks: [now.track] });
  }

  function skip() {
    asking.at += 1;
    question();
  }

  /* ---- what a character's page has besides ---- */

  function head(group) {
    open = group;
    chosen.clear();
    forTracks.hidden = true;
    if (!group.known) return null;
    const name = h("input", {
      type: "text",
      class: "name",
      value: group.name || "",
      placeholder: "Name",
      "aria-label": `Name of ${group.id}`,
      autocomplete: "off",
    });
    const note = h("input", {
      type: "text",
      class: "note",
      value: group.note || "",
      placeholder: "Note",
      "aria-label": `Note on ${group.id}`,
      autocomplete: "off",
    });
    for (const [field, kind] of [[name, "rename"], [note, "note"]]) {
      const before = field.value;
      field.addEventListener("change", () => {
        if (field.value.trim() !== before) wish({ do: kind, who: group.id, text: field.value });
      });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") field.blur();
        if (event.key === "Escape") {
          field.value = before;
          field.blur();
          event.preventDefault();
          event.stopPropagation();
        }
      });
    }
    return h(
      "div",
      { class: "for-character", role: "group", "aria-label": `Corrections of ${group.label}` },
      name,
      note,
      button("Merge with…", "m", mergeOpen),
      button("Never the same as…", "d", neverOpen),
      button(group.hidden ? "No extra" : "Extra", "h", hideOpen),
      joined(group),
    );
  }

  /* The join that castlist was least certain of, to look at and to take back. */
  function joined(group) {
    if (!group.join) return null;
    const { tracks, alike } = group.join;
    const covers = tracks.slice(0, 8).map((id) => face("tile", trackById.get(id).cover));
    return h(
      "div",
      { class: "joined", role: "group", "aria-label": "The weakest join" },
      h(
        "p",
        { class: "minor" },
        `Joined with the least certainty: ${counted(tracks.length, "track")} with the rest`,
        alike === null ? "." : `, ${percent(alike)} alike.`,
      ),
      h("div", { class: "evidence" }, covers),
      button("Part them", "p", partJoined),
    );
  }

  function partJoined() {
    wish({ do: "split", who: open.id, tracks: open.join.tracks });
  }

  const othersThanOpen = () => characters.filter((one) => one !== open);

  function mergeOpen() {
    pick(`Who is the same person as ${open.label}?`, othersThanOpen(), (one) =>
      wish({ do: "merge", who: open.id, others: [one.id] }),
    );
  }

  function neverOpen() {
    pick(`Who is never the same person as ${open.label}?`, othersThanOpen(), (one) =>
      wish({ do: "never", who: open.id, others: [one.id] }),
    );
  }

  function hideOpen() {
    wish({ do: open.hidden ? "show" : "hide", who: open.id });
  }

  function dress(card, track) {
    const box = h("input", {
      type: "checkbox",
      class: "choose",
      "aria-label": `Choose track ${track.id}`,
      onchange: (event) => choose(track, card, event.target.checked),
    });
    card.prepend(box);
    const marks = card.querySelector(".marks");
    marks.append(h("span", { title: "How likely this is somebody else" }, `Doubt ${percent(track.doubt)}`));
    card.querySelectorAll(".crops .face").forEach((node, i) => {
      if (i === 0 || track.frames[i] <= track.first) return;
      const frame = track.frames[i];
      node.append(
        h("button", {
          type: "button",
          class: "cut",
          title: `Another person from here on (frame ${frame})`,
          "aria-label": `Track ${track.id} is another person from frame ${frame} on`,
          onclick: () => wish({ do: "changes", tracks: [track.id], frame }),
        }, "✂"),
      );
      node.removeAttribute("role");
      node.removeAttribute("aria-hidden");
    });
  }

  /* ---- the film ---- */

  function film() {
    if (!served.film) return null;
    video = h("video", { src: "film", preload: "metadata", controls: true, playsinline: true, tabindex: "0" });
    video.style.aspectRatio = `${facts.film.width} / ${facts.film.height}`; // before it is loaded
    const canvas = h("canvas", { "aria-hidden": "true" });
    const frame = h("div", { class: "film" }, video, canvas);
    video.addEventListener("error", () => {
      frame.replaceChildren(h("p", { class: "notice" }, "This browser can't play the film; its crops are below."));
      video = null;
    });
    const here = { track: null, times: [], boxes: [] };
    const draw = () => {
      if (!video || !video.isConnected) return;
      const context = canvas.getContext("2d");
      canvas.width = canvas.clientWidth;
      canvas.height = canvas.clientHeight;
      context.clearRect(0, 0, canvas.width, canvas.height);
      const at = firstAbove(here.times, video.currentTime + 1e-3) - 1;
      const last = here.times.length - 1;
      if (at >= 0 && (at < last || video.currentTime - here.times[last] < 0.1)) {
        const scale = Math.min(canvas.width / facts.film.width, canvas.height / facts.film.height);
        const left = (canvas.width - facts.film.width * scale) / 2;
        const top = (canvas.height - facts.film.height * scale) / 2;
        const [x1, y1, x2, y2] = here.boxes[at];
        context.strokeStyle = colourOf(here.track.group);
        context.lineWidth = 3;
        context.strokeRect(left + x1 * scale, top + y1 * scale, (x2 - x1) * scale, (y2 - y1) * scale);
      }
      requestAnimationFrame(draw);
    };
    frame.here = here;
    frame.start = draw;
    return frame;
  }

  async function play(track) {
    if (!video) return;
    const frame = video.parentNode;
    const told = await asked(`boxes/${track.id}`);
    if (!told || !video) return;
    Object.assign(frame.here, told, { track });
    video.currentTime = frame.here.times[0];
    if (!frame.drawing) frame.start();
    frame.drawing = true;
  }

  function close() {
    open = null;
    video = null;
    chosen.clear();
    forTracks.hidden = true;
  }

  /* ---- drag ---- */

  /* A track takes with it those that are chosen with it. */
  function grasp(element) {
    const node = element.closest("[data-track], [data-character]");
    if (!node) return null;
    if (node.dataset.character) {
      const one = byId.get(node.dataset.character);
      return {
        group: one,
        picture: face("portrait", one.portrait),
        label: one.label,
        fits: (to) => to !== one,
        drop: (to) => wish({ do: "merge", who: to.id, others: [one.id] }),
      };
    }
    const track = trackById.get(Number(node.dataset.track));
    const tracks = chosen.has(track.id) ? tracksChosen() : [track.id];
    return {
      group: track.group,
      picture: face("tile", track.cover),
      label: tracks.length > 1 ? counted(tracks.length, "track") : `Track ${track.id}`,
      fits: (to) => to !== track.group,
      drop: (to) => wish({ do: "move", who: to.id, tracks }),
    };
  }

  /* ---- keys ---- */

  function step(by) {
    const cards = [...document.querySelectorAll("#character .track:not([hidden])")];
    const at = cards.findIndex((card) => card.contains(document.activeElement));
    const next = cards[at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + by))];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  }

  function toggle() {
    const card = document.activeElement && document.activeElement.closest(".track");
    if (card) card.querySelector(".choose").click();
  }

  const acts = {
    u: () => served.undo && wish({ do: "undo" }),
    U: () => served.redo && wish({ do: "redo" }),
    q: ask,
    "?": keysShown,
    r: () => open && open.known && document.querySelector(".for-character .name").focus(),
    j: () => step(1),
    k: () => step(-1),
    x: toggle,
    m: () => (chosen.size ? moveChosen() : open && open.known && mergeOpen()),
    s: () => chosen.size && open.known && chosen.size < open.tracks.length && splitChosen(),
    p: () => open && open.join && partJoined(),
    c: () => chosen.size && open.known && confirmChosen(),
    f: () => chosen.size === 1 && noFace(),
    d: () => open && open.known && neverOpen(),
    h: () => open && open.known && hideOpen(),
  };

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.querySelector("main").append(bar);
  document.body.classList.add("reviewing");
  dragging(grasp);
  restore();
  return { head, dress, film, play, close };
}
