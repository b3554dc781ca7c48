/* timeline.js: who is on screen when. A row for each group, a bar for each track, shots behind.
   One canvas as high as the window onto the rows; only what is visible is drawn. */

const timeline = (() => {
  const ROW = groups.length <= 10 ? 40 : 28;
  const BAR_INSET = 3;
  const SHORTEST_VIEW = Math.min(1, whole.end - whole.start);
  const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000];

  const section = document.getElementById("timeline");
  const view = { ...whole };
  let place = { group: null, track: null };
  let under = null; /* what the pointer or the keys are on: {track, group, time}, or null */
  let queued = false;

  /* ---- elements ---- */

  const ruler = h("canvas", { class: "ruler", "aria-hidden": "true" });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const stage = h(
    "div",
    {
      class: "stage",
      tabindex: "0",
      role: "application",
      "aria-label":
        "Timeline of appearances. Left and right go from track to track, up and down from row to row, " +
        "Enter opens, plus and minus zoom, Shift with left and right moves in time.",
    },
    canvas,
  );
  const rows = groups.map((group) =>
    hued(
      h(
        "li",
        {},
        h(
          "a",
          { href: group.hash, title: group.label, "data-character": group.known ? group.id : null },
          group.known
            ? face("portrait", group.portrait, { className: "thumb" })
            : h("span", { class: "face thumb blank", "aria-hidden": "true" }),
          h("bdi", {}, group.label),
        ),
      ),
      group,
    ),
  );
  const lanes = h("div", { class: "lanes" }, h("ol", { class: "labels" }, rows), stage);
  const thumb = h("span");
  const slider = h("div", { class: "slider", "aria-hidden": "true" }, thumb);
  const tip = h("div", { class: "tip", hidden: true });
  const spoken = h("p", { class: "only-read", "aria-live": "polite" });

  const button = (text, label, factor) =>
    h("button", { type: "button", class: "button", "aria-label": label, title: label, onclick: () => zoom(factor) }, text);

  if (facts.tracks.length) {
    section.append(
      h(
        "div",
        { class: "bar" },
        h("h2", { id: "timeline-title" }, "Timeline"),
        h("p", { class: "hint" }, "Drag to move, Ctrl and wheel to zoom"),
        h(
          "div",
          { class: "zooms", role: "group", "aria-label": "Zoom" },
          button("−", "Zoom out (-)", 1 / 1.6),
          button("+", "Zoom in (+)", 1.6),
          button("Whole film", "Show the whole film (0)", 0),
        ),
      ),
      h("div", { class: "frame" }, ruler, lanes, slider, tip),
      spoken,
    );
    section.hidden = false;
    section.style.setProperty("--row", `${ROW}px`);
    section.style.setProperty("--rows", groups.length);
  }

  /* ---- time and place ---- */

  const width = () => stage.clientWidth;
  const xOf = (time) => ((time - view.start) / (view.end - view.start)) * width();
  const timeOf = (x) => view.start + (x / width()) * (view.end - view.start);

  function look(start, span) {
    const length = Math.min(Math.max(span, SHORTEST_VIEW), whole.end - whole.start);
    view.start = Math.min(Math.max(start, whole.start), whole.end - length);
    view.end = view.start + length;
    redraw();
  }

  /* Zoom by a factor, 0 for the whole film, keeping the time at `x` where it is. */
  function zoom(factor, x = null) {
    if (!factor) return look(whole.start, whole.end - whole.start);
    const shown = place.track && place.track.end > view.start && place.track.start < view.end;
    const anchor = x !== null ? timeOf(x) : shown ? place.track.start : (view.start + view.end) / 2;
    const span = Math.min(Math.max((view.end - view.start) / factor, SHORTEST_VIEW), whole.end - whole.start);
    const share = (anchor - view.start) / (view.end - view.start);
    return look(anchor - share * span, span);
  }

  const pan = (pixels) => look(view.start + (pixels / width()) * (view.end - view.start), view.end - view.start);

  function reveal(group, track) {
    const top = groups.indexOf(group) * ROW;
    if (top < lanes.scrollTop || top + ROW > lanes.scrollTop + lanes.clientHeight) {
      lanes.scrollTop = top - (lanes.clientHeight - ROW) / 2;
    }
    if (track && (track.start < view.start || track.end > view.end)) {
      const span = Math.max(view.end - view.start, (track.end - track.start) * 1.2);
      look((track.start + track.end - span) / 2, span);
    }
  }

  /* ---- drawing ---- */

  function redraw() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      draw();
    });
  }

  function prepare(target, cssWidth, cssHeight) {
    const scale = devicePixelRatio || 1;
    const [w, h2] = [Math.round(cssWidth * scale), Math.round(cssHeight * scale)];
    if (target.width !== w || target.height !== h2) {
      target.width = w;
      target.height = h2;
      target.style.width = `${cssWidth}px`;
      target.style.height = `${cssHeight}px`;
    }
    const context = target.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, cssWidth, cssHeight);
    return context;
  }

  function draw() {
    if (!width()) return;
    drawRuler();
    drawLanes();
    const length = whole.end - whole.start;
    slider.classList.toggle("idle", view.end - view.start >= length);
    thumb.style.left = `${((view.start - whole.start) / length) * 100}%`;
    thumb.style.width = `${((view.end - view.start) / length) * 100}%`;
  }

  /* Numbers of the visible shots, and how strongly to show them: they fade where they get narrow. */
  function visibleShots() {
    const first = Math.max(0, firstAbove(shots.end, view.start));
    const last = firstAbove(shots.start, view.end) - 1;
    const mean = width() / Math.max(1, last - first + 1);
    return { first, last, strength: Math.min(1, Math.max(0, (mean - 1.5) / 4)) };
  }

  function fillShots(context, parity, top, height) {
    const { first, last } = visibleShots();
    context.beginPath();
    for (let shot = first; shot <= last; shot += 1) {
      if (shot % 2 !== parity) continue;
      const x = xOf(shots.start[shot]);
      context.rect(x, top, xOf(shots.end[shot]) - x, height);
    }
    context.fill();
  }

  function drawRuler() {
    const HEIGHT = 34;
    const context = prepare(ruler, width(), HEIGHT);
    ruler.style.marginLeft = `${stage.offsetLeft}px`;
    const { strength } = visibleShots();

    context.globalAlpha = strength;
    context.fillStyle = styled("--shot-even");
    fillShots(context, 0, 23, 8);
    context.fillStyle = styled("--shot-odd");
    fillShots(context, 1, 23, 8);
    context.globalAlpha = 1 - strength;
    context.fillStyle = styled("--shot-even");
    if (shots.start.length) context.fillRect(xOf(whole.start), 23, xOf(whole.end) - xOf(whole.start), 8);
    context.globalAlpha = 1;

    context.font = `11px ${styled("--font")}`;
    context.textBaseline = "middle";
    context.fillStyle = styled("--muted");
    const perPixel = (view.end - view.start) / width();
    const step = STEPS.find((own) => own / perPixel >= 84) || STEPS[STEPS.length - 1];
    for (let i = Math.ceil(view.start / step - 1e-9); i * step <= view.end; i += 1) {
      const x = xOf(i * step);
      const text = step < 1 ? `${clock(i * step)}.${Math.round(i * step * 10) % 10}` : clock(i * step);
      context.fillRect(Math.round(x), 15, 1, 6);
      if (x + context.measureText(text).width + 4 < width()) context.fillText(text, x + 4, 11);
    }

    if (under) {
      const text = timecode(frameAt(under.time));
      const wide = context.measureText(text).width + 12;
      const x = Math.min(Math.max(xOf(under.time) - wide / 2, 0), width() - wide);
      context.fillStyle = styled("--text");
      context.beginPath();
      context.roundRect(x, 2, wide, 18, 4);
      context.fill();
      context.fillStyle = styled("--surface");
      context.fillText(text, x + 6, 11);
    }
  }

  function drawLanes() {
    const height = lanes.clientHeight;
    const top = lanes.scrollTop;
    const context = prepare(canvas, width(), height);
    const { strength } = visibleShots();

    context.globalAlpha = strength;
    context.fillStyle = styled("--shot-band");
    fillShots(context, 1, 0, height);
    context.globalAlpha = 1;

    const firstRow = Math.floor(top / ROW);
    const lastRow = Math.min(groups.length - 1, Math.floor((top + height - 1) / ROW));
    for (let row = firstRow; row <= lastRow; row += 1) {
      const group = groups[row];
      const y = row * ROW - top;
      context.fillStyle = styled("--row-line");
      context.fillRect(0, y + ROW - 1, width(), 1);
      if (group === place.group) {
        context.fillStyle = styled("--row-open");
        context.fillRect(0, y, width(), ROW);
      }
      context.globalAlpha = place.group && group !== place.group ? 0.4 : 1;
      context.fillStyle = colourOf(group);
      for (const track of group.tracks) {
        if (track.end >= view.start && track.start <= view.end) drawBar(context, track, y);
      }
      context.globalAlpha = 1;
    }
    if (place.track) outline(context, place.track, top, 2);
    if (under) {
      context.fillStyle = styled("--muted");
      context.fillRect(Math.round(xOf(under.time)), 0, 1, height);
      if (under.track && under.track !== place.track) outline(context, under.track, top, 1.5);
    }
  }

  function barOf(track, y) {
    const x = xOf(track.start);
    return { x, y: y + BAR_INSET, width: Math.max(2, xOf(track.end) - x), height: ROW - 2 * BAR_INSET - 1 };
  }

  function drawBar(context, track, y) {
    const bar = barOf(track, y);
    if (bar.width < 5) {
      context.fillRect(bar.x, bar.y, bar.width, bar.height);
      return;
    }
    context.beginPath();
    context.roundRect(bar.x, bar.y, bar.width, bar.height, 4);
    context.fill();
    drawFilmstrip(context, track, bar);
  }

  /* The faces of a track along its bar, each at its own time, as many as have room. */
  function drawFilmstrip(context, track, bar) {
    const size = bar.height - 4;
    if (bar.width < size + 6) return;
    const frames = Math.max(1, track.last - track.first);
    let free = bar.x + 3;
    track.tiles.forEach((number, i) => {
      const time = track.start + ((track.frames[i] - track.first) / frames) * (track.end - track.start);
      const x = Math.min(Math.max(xOf(time) - size / 2, free), bar.x + bar.width - size - 3);
      if (x < free || x > width() || x + size < 0) return;
      drawFace(context, "tile", number, x, bar.y + 2, size, redraw);
      free = x + size + 3;
    });
  }

  function outline(context, track, top, weight) {
    const bar = barOf(track, groups.indexOf(track.group) * ROW - top);
    context.strokeStyle = styled("--text");
    context.lineWidth = weight;
    context.beginPath();
    context.roundRect(bar.x - 2, bar.y - 2, bar.width + 4, bar.height + 4, 5);
    context.stroke();
  }

  /* ---- what is under the pointer ---- */

  function find(x, y) {
    const group = groups[Math.floor((y + lanes.scrollTop) / ROW)] || null;
    let best = null;
    let least = 4;
    for (const track of group ? group.tracks : []) {
      const away = Math.max(xOf(track.start) - x, x - Math.max(xOf(track.end), xOf(track.start) + 2), 0);
      const nearer = away < least || (away === least && best && track.end - track.start < best.end - best.start);
      if (nearer) [best, least] = [track, away];
    }
    return { group, track: best, time: timeOf(x) };
  }

  function point(next) {
    under = next;
    canvas.style.cursor = next && next.track ? "pointer" : "";
    showTip();
    redraw();
  }

  function showTip() {
    tip.hidden = !(under && under.track);
    if (tip.hidden) return;
    const { track, time, group } = under;
    const sample = sampleAt(track, time);
    const picture = face("tile", sample < 0 ? null : track.tiles[sample]);
    if (picture.dataset.number) paint(picture);
    tip.replaceChildren(
      picture,
      h(
        "div",
        {},
        h("strong", {}, h("bdi", {}, group.label)),
        h("p", { class: "code" }, `${timecode(track.first)} – ${timecode(track.last)}`),
        h("p", { class: "minor" }, `Track ${track.id}, shot ${track.shot}`),
      ),
    );
    hued(tip, group);
    tip.classList.toggle("unknown", !group.known);
    const frame = tip.parentNode;
    const bar = barOf(track, groups.indexOf(group) * ROW - lanes.scrollTop);
    const x = stage.offsetLeft + Math.min(Math.max(xOf(time), 0), width());
    const left = Math.min(Math.max(x - tip.offsetWidth / 2, 4), frame.clientWidth - tip.offsetWidth - 4);
    const below = lanes.offsetTop + bar.y + bar.height + 10;
    const above = lanes.offsetTop + bar.y - tip.offsetHeight - 10;
    const room = frame.getBoundingClientRect().top + below + tip.offsetHeight < innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${room ? below : above}px`;
  }

  /* ---- pointer: hover, click, drag, pinch, wheel ---- */

  const pressed = new Map();
  let dragged = false;

  const local = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pressed.set(event.pointerId, local(event));
    dragged = pressed.size > 1;
  });
  stage.addEventListener("pointermove", (event) => {
    const now = local(event);
    const last = pressed.get(event.pointerId);
    if (!last) {
      if (event.pointerType === "mouse") point(find(now.x, now.y));
      return;
    }
    if (pressed.size === 2) {
      const [other] = [...pressed].filter(([id]) => id !== event.pointerId).map(([, own]) => own);
      const factor = Math.max(8, Math.abs(now.x - other.x)) / Math.max(8, Math.abs(last.x - other.x));
      zoom(factor, (now.x + other.x) / 2);
    } else if (dragged || Math.abs(now.x - last.x) > 4) {
      if (!dragged) stage.setPointerCapture(event.pointerId);
      dragged = true;
      point(null);
      pan(last.x - now.x);
    } else {
      return;
    }
    pressed.set(event.pointerId, now);
  });
  stage.addEventListener("pointerup", (event) => {
    const start = pressed.get(event.pointerId);
    pressed.delete(event.pointerId);
    if (!start || dragged) return;
    const { x, y } = local(event);
    const { track } = find(x, y);
    if (track) location.hash = track.hash;
  });
  for (const end of ["pointercancel", "lostpointercapture"]) {
    stage.addEventListener(end, (event) => pressed.delete(event.pointerId));
  }
  stage.addEventListener("pointerleave", () => point(null));

  function onWheel(event) {
    const { x } = local(event);
    const zooming = event.ctrlKey || event.metaKey || event.altKey || event.currentTarget === ruler;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (zooming) {
      zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 150), x);
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      pan(sideways);
    } else {
      return;
    }
    event.preventDefault();
    if (under) point(find(x, local(event).y));
  }
  stage.addEventListener("wheel", onWheel, { passive: false });
  ruler.addEventListener("wheel", onWheel, { passive: false });
  lanes.addEventListener("scroll", () => point(null));

  slider.addEventListener("pointerdown", (event) => {
    const box = slider.getBoundingClientRect();
    const length = whole.end - whole.start;
    const timeAt = (x) => whole.start + ((x - box.left) / box.width) * length;
    const span = view.end - view.start;
    const pressedAt = timeAt(event.clientX);
    const held = pressedAt >= view.start && pressedAt <= view.end ? pressedAt - view.start : span / 2;
    const move = (own) => look(timeAt(own.clientX) - held, span);
    slider.setPointerCapture(event.pointerId);
    slider.addEventListener("pointermove", move);
    slider.addEventListener("lostpointercapture", () => slider.removeEventListener("pointermove", move), { once: true });
    move(event);
  });

  /* ---- keys: from track to track, from row to row ---- */

  function stepTo(track) {
    reveal(track.group, track);
    const time = (track.start + track.end) / 2;
    point({ track, group: track.group, time });
    spoken.textContent = `${track.group.label}, track ${track.id}, ${timecode(track.first)} to ${timecode(track.last)}`;
  }

  function nearest(group, time) {
    const away = (track) => Math.max(track.start - time, time - track.end, 0);
    return group.tracks.reduce((best, track) => (!best || away(track) < away(best) ? track : best), null);
  }

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const hop = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const current = (under && under.track) || place.track;
    const group = current ? current.group : place.group || groups[0];
    const at = current ? group.tracks.indexOf(current) : -1;
    if (step && event.shiftKey) {
      pan((step * width()) / 8);
    } else if (step) {
      const next = current ? group.tracks[at + step] : nearest(group, view.start);
      if (next) stepTo(next);
    } else if (hop) {
      const time = current ? (current.start + current.end) / 2 : view.start;
      let row = groups.indexOf(group) + hop;
      while (groups[row] && !groups[row].tracks.length) row += hop;
      if (groups[row]) stepTo(nearest(groups[row], time));
    } else if (event.key === "Home" || event.key === "End") {
      if (group.tracks.length) stepTo(group.tracks[event.key === "Home" ? 0 : group.tracks.length - 1]);
    } else if (event.key === "Enter" || event.key === " ") {
      if (current) location.hash = current.hash;
    } else {
      return;
    }
    event.preventDefault();
  });
  stage.addEventListener("blur", () => point(null));

  dark.addEventListener("change", redraw);
  new ResizeObserver(() => {
    tellHeight();
    redraw();
  }).observe(lanes);

  /* On paper all rows are shown, and so must be drawn before the page is laid out for it. */
  addEventListener("beforeprint", () => {
    document.body.classList.add("printing");
    draw();
  });
  addEventListener("afterprint", () => {
    document.body.classList.remove("printing");
    draw();
  });

  /* So that what is scrolled to isn't behind the timeline where that stays in sight. */
  function tellHeight() {
    document.body.style.setProperty("--timeline-height", `${section.offsetHeight}px`);
  }

  return {
    zoom,
    view: () => ({ ...view }),
    show(next) {
      place = next;
      under = null;
      showTip();
      rows.forEach((row, i) => {
        row.classList.toggle("open", groups[i] === place.group);
        row.classList.toggle("dim", Boolean(place.group) && groups[i] !== place.group);
      });
      tellHeight();
      if (place.group) reveal(place.group, place.track);
      redraw();
    },
  };
})();
