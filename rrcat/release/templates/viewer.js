"use strict";
(() => {
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const box = document.getElementById("viewer");
  const select = document.getElementById("viewer-star");
  const search = document.getElementById("viewer-find");
  const plot = document.getElementById("viewer-plot");
  const place = document.getElementById("viewer-place");
  const facts = document.getElementById("viewer-facts");
  const values = document.getElementById("viewer-values");
  const flags = document.getElementById("viewer-flags");
  const told = document.getElementById("viewer-points");
  let shown = data.stars.map((_, index) => index);
  let now = 0;

  const minus = text => text.replace("-", "\u2212");
  const fixed = (value, digits) => value === undefined || value === null ? "\u2013" : minus(value.toFixed(digits));
  const withError = (value, error, digits) => value === undefined || value === null ? "\u2013"
    : fixed(value, digits) + (error === undefined || error === null ? "" : " \u00b1 " + fixed(error, digits));
  const words = name => name.replace(/_/g, " ");

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function drawn(name, attributes, parent, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  // What a star has is in no object's prototype.
  const flagOf = name => Object.hasOwn(data.flags, name) ? data.flags[name] : ["", ""];
  const label = star => [star.id, star.type || "type unknown",
    star.feh === undefined ? words(star.status) : "[Fe/H] " + fixed(star.feh, 2)].join(" \u00b7 ");
  const text = star => [star.id, star.name || "", label(star), ...(star.flags || []), ...(star.flags || []).map(words),
    ...star.why].join(" ").toLowerCase();

  function series(star, phase) {
    let mag = star.zero || 0;
    star.amplitudes.forEach((amplitude, k) => {
      mag += amplitude * Math.cos(2 * Math.PI * (k + 1) * phase + star.phases[k]);
    });
    return mag;
  }

  function steps(low, high, most) {
    const rough = (high - low) / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
    const ticks = [];
    for (let i = Math.ceil(low / step); i * step <= high + 1e-9; i += 1) ticks.push(i * step);
    return [ticks, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))];
  }

  function draw(star) {
    const width = Math.max(260, Math.round(plot.clientWidth || 640));
    const height = Math.round(Math.min(420, Math.max(240, width * 0.58)));
    const edge = { left: 66, right: 12, top: 12, bottom: 46 };
    const curve = [];
    if (star.amplitudes) for (let i = 0; i <= 400; i += 1) curve.push([i / 200, series(star, i / 200)]);
    const all = [...(star.mag || []), ...curve.map(point => point[1])];
    plot.replaceChildren();
    if (!all.length) {
      plot.append(element("p", "There is no light curve of this star to show: " + words(star.status) + ".", "note"));
      return;
    }
    let bright = Math.min(...all), faint = Math.max(...all);
    // A wild point that is left out must not press the curve flat.
    const reach = faint - bright || 0.1;
    const out = (star.out_mag || []).map((mag, i) => [star.out_phase[i], mag]);
    const near = out.filter(point => point[1] > bright - reach && point[1] < faint + reach);
    near.forEach(point => { bright = Math.min(bright, point[1]); faint = Math.max(faint, point[1]); });
    const margin = (faint - bright || 0.1) * 0.06;
    bright -= margin; faint += margin;
    const x = phase => edge.left + phase / 2 * (width - edge.left - edge.right);
    const y = mag => edge.top + (mag - bright) / (faint - bright) * (height - edge.top - edge.bottom);
    const at = number => number.toFixed(1);

    const used = star.phase ? star.phase.length : 0;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label":
      `Folded light curve of ${star.id}: ${used} points`
      + (out.length ? `, ${out.length} left out of the fit` : "")
      + (star.amplitudes ? `; the fit has ${star.amplitudes.length} harmonics` : "; no fit") }, plot);
    const [magTicks, digits] = steps(bright, faint, Math.max(3, Math.floor(height / 60)));
    for (const tick of magTicks) {
      drawn("line", { x1: edge.left, x2: width - edge.right, y1: at(y(tick)), y2: at(y(tick)), class: "grid" }, svg);
      drawn("text", { x: edge.left - 7, y: at(y(tick) + 4), "text-anchor": "end" }, svg, minus(tick.toFixed(digits)));
    }
    for (const tick of [0, 0.5, 1, 1.5, 2]) {
      drawn("line", { x1: at(x(tick)), x2: at(x(tick)), y1: edge.top, y2: height - edge.bottom, class: "grid" }, svg);
      drawn("text", { x: at(x(tick)), y: height - edge.bottom + 18, "text-anchor": tick === 2 ? "end" : "middle" }, svg, String(tick));
    }
    drawn("text", { x: at((edge.left + width - edge.right) / 2), y: height - 8, "text-anchor": "middle" }, svg, "phase from maximum light (cycles)");
    const middle = (edge.top + height - edge.bottom) / 2;
    drawn("text", { x: 14, y: at(middle), "text-anchor": "middle", transform: `rotate(-90 14 ${at(middle)})` }, svg,
      (star.zero === undefined && star.amplitudes ? "magnitude from the mean" : "magnitude") + (star.band ? " in " + star.band : ""));
    for (const turn of [0, 1]) {
      for (let i = 0; i < used; i += 1) {
        const cx = at(x(star.phase[i] + turn)), mag = star.mag[i];
        if (star.mag_error) drawn("line", { x1: cx, x2: cx, y1: at(y(Math.max(bright, mag - star.mag_error[i]))),
          y2: at(y(Math.min(faint, mag + star.mag_error[i]))), class: "error" }, svg);
        drawn("circle", { cx, cy: at(y(mag)), r: used > 150 ? 1.8 : 2.8, class: "point" }, svg);
      }
      for (const [phase, mag] of near) {
        const cx = x(phase + turn), cy = y(mag);
        drawn("path", { d: `M${at(cx - 4)} ${at(cy - 4)}l8 8m0 -8l-8 8`, class: "out" }, svg);
      }
    }
    if (curve.length) drawn("path", { d: curve.map(([phase, mag], i) =>
      (i ? "L" : "M") + at(x(phase)) + " " + at(y(mag))).join(""), class: "curve" }, svg);
    const told = [];
    if (used) told.push(["point", `${used} observations` + (star.amplitudes ? " in the fit" : "")]);
    if (out.length) told.push(["out", `${out.length} left out` + (near.length < out.length ? `, ${out.length - near.length} beyond the figure` : "")]);
    if (curve.length) told.push(["curve", "harmonic series"]);
    const key = element("ul", undefined, "key");
    for (const [kind, words] of told) {
      const item = element("li");
      const sign = drawn("svg", { viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true" }, item);
      if (kind === "point") drawn("circle", { cx: 12, cy: 6, r: 3, class: "point" }, sign);
      if (kind === "out") drawn("path", { d: "M8 2l8 8m0 -8l-8 8", class: "out" }, sign);
      if (kind === "curve") drawn("path", { d: "M1 6H23", class: "curve" }, sign);
      item.append(words);
      key.append(item);
    }
    plot.append(key);
  }

  function show(index) {
    now = index;
    const star = data.stars[index];
    draw(star);
    place.textContent = `Star ${shown.indexOf(index) + 1} of ${shown.length}: ${label(star)}`;
    const rows = [["source_id", star.id]];
    if (star.name) rows.push(["name in the archive", star.name]);
    rows.push(["type", star.type || "unknown"]);
    if (star.period !== undefined) rows.push(["period", star.period.toFixed(6) + " d"]);
    rows.push(["recommended [Fe/H]", star.feh === undefined ? "none: " + words(star.status) : withError(star.feh, star.error, 2) + " dex"]);
    if (star.known !== undefined) rows.push(["known, as a calibrator", fixed(star.known, 2) + " dex"]);
    if (star.modulus !== undefined) rows.push(["distance modulus", withError(star.modulus, star.modulus_error, 2) + " mag"]);
    rows.push(["shown as", star.why.map(words).join("; ")]);
    facts.replaceChildren();
    for (const [term, cell] of rows) facts.append(element("dt", term), element("dd", cell));
    values.replaceChildren();
    for (const [name, feh, error, status] of star.estimates || []) {
      const row = element("tr");
      const head = element("th");
      head.scope = "row";
      head.append(element("code", name));
      row.append(head, element("td", fixed(feh, 2), "n"), element("td", fixed(error, 2), "n"),
        element("td", status === "ok" ? (name === star.method ? "taken" : "") : words(status)));
      values.append(row);
    }
    flags.replaceChildren();
    for (const name of star.flags || []) {
      const [kind, meaning] = flagOf(name);
      const item = element("li", undefined, kind);
      item.append(element("b", words(name)), ` (${kind}): ${meaning}`);
      flags.append(item);
    }
    if (!(star.flags || []).length) flags.append(element("li", "No flag is set."));
    told.textContent = star.thinned ? `${star.thinned} further points are not drawn, to keep the page small.` : "";
    select.value = String(index);
  }

  function list() {
    const groups = new Map();
    for (const index of shown) {
      const why = data.stars[index].why[0];
      if (!groups.has(why)) groups.set(why, []);
      groups.get(why).push(index);
    }
    shown = [...groups.values()].flat();
    select.replaceChildren();
    for (const [why, members] of groups) {
      const group = element("optgroup");
      group.label = words(why);
      for (const index of members) {
        const option = element("option", label(data.stars[index]));
        option.value = String(index);
        group.append(option);
      }
      select.append(group);
    }
  }

  function step(by) {
    const position = shown.indexOf(now);
    show(shown[(position + by + shown.length) % shown.length]);
  }

  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    const found = data.stars.map((_, index) => index).filter(index => text(data.stars[index]).includes(wanted));
    if (!found.length) {
      place.textContent = "No star of the sample matches.";
      return;
    }
    shown = found;
    list();
    show(shown.includes(now) ? now : shown[0]);
  });
  select.addEventListener("change", () => show(Number(select.value)));
  document.getElementById("viewer-before").addEventListener("click", () => step(-1));
  document.getElementById("viewer-after").addEventListener("click", () => step(1));
  box.addEventListener("keydown", event => {
    if (event.target === search || event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    step(by);
  });
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(plot.clientWidth - width) < 2) return;
    width = plot.clientWidth;
    draw(data.stars[now]);
  }).observe(plot);
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details:not([open])")) {
      fold.dataset.folded = "";
      fold.open = true;
    }
  });
  addEventListener("afterprint", () => {
    for (const fold of document.querySelectorAll("details[data-folded]")) {
      fold.open = false;
      delete fold.dataset.folded;
    }
  });

  box.hidden = false;
  list();
  show(shown[0]);
})();
