// Draw outlines of communities and grids over an image or over rectangles, with a mouse or a finger. Nothing is sent:
// the result is downloaded as GeoJSON that belongs into the pack, and may be loaded again.
const WIDTH = 1000; // units of the drawing
const NEAR = 12; // screen pixels within which a point joins a corner or a border
const DIGITS = 1e8;
const SVG = "http://www.w3.org/2000/svg";

const make = (name, attributes, parent) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
};
const round = (number) => Math.round(number * DIGITS) / DIGITS;
const same = (a, b) => a[0] === b[0] && a[1] === b[1];

/** Return the point of the segment a-b that is nearest to p, and its distance. */
function nearest(p, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const at = Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy || 1)));
  const point = [a[0] + at * dx, a[1] + at * dy];
  return { point, distance: Math.hypot(p[0] - point[0], p[1] - point[1]), inside: at > 0 && at < 1 };
}

/** Divide a box [west, south, east, north] into parts as large as the weights, western and northern ones first. */
function divide([west, south, east, north], weights) {
  if (weights.length < 2) return [[west, south, east, north]];
  const half = weights.length >> 1;
  const sum = (list) => list.reduce((total, weight) => total + weight, 0);
  const share = sum(weights.slice(0, half)) / sum(weights);
  const [x, y] = [round(west + (east - west) * share), round(north - (north - south) * share)];
  const wide = (east - west) * 0.9 >= north - south;
  const halves = wide ? [[west, south, x, north], [x, south, east, north]] : [[west, y, east, north], [west, south, east, y]];
  return [...divide(halves[0], weights.slice(0, half)), ...divide(halves[1], weights.slice(half))];
}

class OutlineEditor extends HTMLElement {
  connectedCallback() {
    const data = JSON.parse(this.querySelector('script[type="application/json"]').textContent);
    this.areas = data.areas;
    this.shapes = {}; // code -> {ring} that is edited, or {geometry} with several parts or holes, which is only shown
    this.history = [];
    this.draft = null; // corners of the outline that is being drawn
    this.frame = data.frame;
    this.take(data.outlines);
    this.svg = make("svg", { class: "out-svg" }, this.part("sheet"));
    for (const name of ["click", "change"]) this.addEventListener(name, (event) => this.command(event, name));
    this.svg.addEventListener("pointerdown", (event) => this.press(event));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    this.svg.addEventListener("pointerup", (event) => this.release(event));
    this.svg.addEventListener("pointercancel", () => { this.pressed = null; });
    window.addEventListener("beforeunload", (event) => this.changed && event.preventDefault());
    this.fill();
    this.choose(this.areas[0]?.code);
  }

  part(name) { return this.querySelector(`[data-part="${name}"]`); }
  say(text) { this.part("status").textContent = text; }
  text(name, values = {}) {
    return Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), this.dataset[name] ?? "");
  }

  // -- coordinates --------------------------------------------------------------------------------------------------

  get height() {
    const [west, south, east, north] = this.frame;
    const squeeze = Math.cos(((south + north) / 2) * (Math.PI / 180));
    return Math.max(100, Math.min(4000, (WIDTH * (north - south)) / ((east - west) * squeeze)));
  }
  project([lon, lat]) {
    const [west, south, east, north] = this.frame;
    return [((lon - west) / (east - west)) * WIDTH, ((north - lat) / (north - south)) * this.height];
  }
  unproject([x, y]) {
    const [west, south, east, north] = this.frame;
    return [round(west + (x / WIDTH) * (east - west)), round(north - (y / this.height) * (north - south))];
  }
  spot(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }
  get reach() { return NEAR / (this.svg.getScreenCTM()?.a || 1); }

  /** Return the corner or border point near a spot, so that neighbours share it; else the spot itself. */
  snap(spot, skip) {
    let best = { distance: this.reach, corner: null };
    this.eachRing((ring, code) => {
      ring.forEach((corner) => {
        if (corner === skip) return;
        const [x, y] = this.project(corner);
        const distance = Math.hypot(spot[0] - x, spot[1] - y);
        if (distance < best.distance) best = { distance, corner: [...corner] };
      });
    });
    if (best.corner) return best.corner;
    this.eachRing((ring) => {
      ring.forEach((corner, index) => {
        const next = ring[(index + 1) % ring.length];
        if (corner === skip || next === skip) return;
        const hit = nearest(spot, this.project(corner), this.project(next));
        if (hit.inside && hit.distance < best.distance) best = { distance: hit.distance, corner: this.unproject(hit.point) };
      });
    });
    return best.corner ?? this.unproject(spot);
  }
  eachRing(visit) {
    for (const [code, shape] of Object.entries(this.shapes)) if (shape.ring) visit(shape.ring, code);
  }

  /** Give every border the corners of the neighbours that lie on it: a corner that is moved then moves in both. */
  knit() {
    const corners = [];
    this.eachRing((ring) => corners.push(...ring));
    this.eachRing((ring) => {
      for (let index = 0; index < ring.length; index += 1) {
        const [a, b] = [this.project(ring[index]), this.project(ring[(index + 1) % ring.length])];
        const next = corners.find((corner) => {
          if (ring.some((own) => same(own, corner))) return false;
          const hit = nearest(this.project(corner), a, b);
          return hit.inside && hit.distance < 0.3;
        });
        if (next) { ring.splice(index + 1, 0, [...next]); index -= 1; }
      }
    });
  }

  // -- pointers -----------------------------------------------------------------------------------------------------

  press(event) {
    if (event.button || this.pressed) return;
    this.pressed = { id: event.pointerId, x: event.clientX, y: event.clientY, index: event.target.dataset.index };
    if (this.pressed.index === undefined) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
  }
  move(event) {
    const pressed = this.pressed;
    if (!pressed || pressed.id !== event.pointerId || pressed.index === undefined) return;
    if (!pressed.moved && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 4) return;
    const ring = this.shapes[this.code].ring;
    if (!pressed.moved) {
      this.remember();
      const from = ring[pressed.index];
      pressed.together = [];
      this.eachRing((other) => other.forEach((corner) => same(corner, from) && pressed.together.push(corner)));
      pressed.moved = true;
    }
    const [lon, lat] = this.unproject(this.spot(event));
    pressed.together.forEach((corner) => corner.splice(0, 2, lon, lat));
    this.draw();
  }
  release(event) {
    const pressed = this.pressed;
    this.pressed = null;
    if (!pressed || pressed.id !== event.pointerId) return;
    if (pressed.moved) {
      const skip = pressed.together;
      const target = this.snap(this.spot(event), skip[0]);
      if (!skip.some((corner) => same(corner, target))) skip.forEach((corner) => corner.splice(0, 2, ...target));
      this.tidy();
      this.knit();
      return this.draw();
    }
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 6) return;
    if (this.draft) return this.addCorner(this.spot(event));
    if (pressed.index !== undefined) { this.corner = Number(pressed.index); return this.draw(); }
    this.tap(event);
  }
  addCorner(spot) {
    const first = this.draft[0] && this.project(this.draft[0]);
    if (this.draft.length > 2 && Math.hypot(spot[0] - first[0], spot[1] - first[1]) < this.reach) return this.finish();
    const corner = this.snap(spot);
    if (!this.draft.some((other) => same(other, corner))) this.draft.push(corner);
    this.draw();
  }
  /** A tap without drawing: on a border of the chosen area it adds a corner, on another area it chooses that one. */
  tap(event) {
    const spot = this.spot(event);
    const ring = this.shapes[this.code]?.ring;
    if (ring) {
      const edges = ring.map((corner, index) => nearest(spot, this.project(corner), this.project(ring[(index + 1) % ring.length])));
      const index = edges.findIndex((hit) => hit.inside && hit.distance < this.reach);
      if (index >= 0) {
        this.remember();
        ring.splice(index + 1, 0, this.unproject(edges[index].point));
        this.corner = index + 1;
        this.knit();
        return this.draw();
      }
    }
    if (event.target.dataset.code) this.choose(event.target.dataset.code);
  }

  // -- commands -----------------------------------------------------------------------------------------------------

  command(event, kind) {
    const name = event.target.closest("[data-do]")?.dataset.do;
    if (event.target.closest("[data-choose]")) return kind === "click" && this.choose(event.target.closest("[data-choose]").dataset.choose);
    if (!name || (kind === "click") === event.target.matches("input, select")) return;
    this[`on_${name}`]?.(event.target);
  }
  remember() {
    this.history.push(JSON.stringify({ shapes: this.shapes, draft: this.draft }));
    this.history.splice(0, this.history.length - 100);
    this.changed = true;
  }
  choose(code) {
    this.code = code;
    this.corner = null;
    this.draft = null;
    const area = this.areas.find((one) => one.code === code);
    this.say(area ? this.text(this.shapes[code] ? "textChosen" : "textEmpty", { name: area.label }) : "");
    this.draw();
  }
  on_start() {
    if (!this.code) return;
    this.draft = [];
    this.corner = null;
    this.say(this.text("textDrawing"));
    this.draw();
  }
  on_finish() { this.finish(); }
  finish() {
    if (!this.draft || this.draft.length < 3) return this.say(this.text("textThree"));
    const ring = this.draft;
    this.draft = null;
    this.remember();
    this.shapes[this.code] = { ring };
    this.knit();
    this.choose(this.code);
  }
  on_undo() {
    if (this.draft?.length) this.draft.pop();
    else if (this.draft) this.draft = null;
    else if (this.history.length) Object.assign(this, JSON.parse(this.history.pop()));
    this.corner = null;
    this.draw();
  }
  on_corner() {
    const ring = this.shapes[this.code]?.ring;
    if (this.corner === null || !ring) return this.say(this.text("textCorner"));
    if (ring.length < 4) return this.say(this.text("textThree"));
    this.remember();
    const gone = ring[this.corner];
    this.eachRing((other) => {
      const index = other.findIndex((corner) => same(corner, gone));
      if (index >= 0 && other.length > 3) other.splice(index, 1);
    });
    this.corner = null;
    this.draw();
  }
  on_clear() {
    if (!this.shapes[this.code]) return;
    this.remember();
    delete this.shapes[this.code];
    this.choose(this.code);
  }
  on_rectangles() {
    this.remember();
    const ofLength = (length, start = "") => this.areas.filter((area) => area.code.length === length && area.code.startsWith(start));
    const ringOf = ([west, south, east, north]) => [[west, north], [east, north], [east, south], [west, south]];
    const isFree = (area) => !this.shapes[area.code];
    const communities = ofLength(12);
    if (communities.every(isFree)) {
      const parts = divide(this.frame, communities.map((area) => ofLength(15, area.code).length || 1));
      communities.forEach((area, index) => { this.shapes[area.code] = { ring: ringOf(parts[index]), box: parts[index] }; });
    }
    let left = 0;
    communities.forEach((area) => {
      const grids = ofLength(15, area.code);
      const box = this.shapes[area.code]?.box;
      if (!grids.length || !grids.every(isFree)) return;
      if (!box) { left += 1; return; }
      divide(box, grids.map(() => 1)).forEach((part, index) => { this.shapes[grids[index].code] = { ring: ringOf(part) }; });
    });
    communities.forEach((area) => { if (this.shapes[area.code]) delete this.shapes[area.code].box; });
    this.knit();
    this.choose(this.code);
    this.say(left ? this.text("textLeft", { n: left }) : this.text("textRectangles"));
  }
  on_image(input) {
    const [file] = input.files;
    if (!file) return;
    if (this.image) URL.revokeObjectURL(this.image);
    this.image = URL.createObjectURL(file);
    this.draw();
    this.say(this.text("textImage"));
  }
  on_frame() {
    const numbers = ["west", "south", "east", "north"].map((name) => Number(this.querySelector(`[name="${name}"]`).value));
    const [west, south, east, north] = numbers;
    const sound = numbers.every(Number.isFinite) && west < east && south < north && west >= -180 && east <= 180 && south >= -90 && north <= 90;
    if (!sound) return this.say(this.text("textFrame"));
    this.frame = numbers;
    this.draw();
  }
  on_larger() { this.zoom(1.4); }
  on_smaller() { this.zoom(1 / 1.4); }
  zoom(factor) {
    this.scale = Math.max(1, Math.min(8, (this.scale ?? 1) * factor));
    this.svg.style.width = `${Math.round(this.scale * 100)}%`;
    this.draw();
  }
  async on_load(input) {
    this.remember();
    let count = 0;
    try {
      for (const file of input.files) count += this.take(Object.fromEntries(this.read(JSON.parse(await file.text()))));
    } catch {
      this.history.pop();
      return this.say(this.text("textUnreadable"));
    } finally {
      input.value = "";
    }
    this.fit();
    this.choose(this.code);
    this.say(this.text(count ? "textLoaded" : "textUnknown", { n: count }));
  }
  *read(collection) {
    for (const feature of collection.features) yield [String(feature.properties.code), feature.geometry];
  }
  /** Take geometries by code; those of areas that the town does not have are left out. Return their number. */
  take(outlines) {
    const known = new Set(this.areas.map((area) => area.code));
    let count = 0;
    for (const [code, geometry] of Object.entries(outlines)) {
      if (!known.has(code) || !["Polygon", "MultiPolygon"].includes(geometry?.type)) continue;
      const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
      const isPlain = polygons.length === 1 && polygons[0].length === 1;
      this.shapes[code] = isPlain ? { ring: polygons[0][0].slice(0, -1).map(([lon, lat]) => [lon, lat]) } : { geometry };
      count += 1;
    }
    return count;
  }
  on_grids() { this.download("grids.geojson", 15); }
  on_communities() { this.download("communities.geojson", 12); }
  download(name, length) {
    const areas = this.areas.filter((area) => area.code.length === length && this.shapes[area.code]);
    if (!areas.length) return this.say(this.text("textNothing"));
    const lines = areas.map(({ code, name: label }) => {
      const { ring, geometry } = this.shapes[code];
      const coordinates = ring && [[...ring, ring[0]]];
      return JSON.stringify({ type: "Feature", properties: { code, name: label }, geometry: geometry ?? { type: "Polygon", coordinates } });
    });
    const text = `{"type": "FeatureCollection", "features": [\n${lines.join(",\n")}\n]}\n`;
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type: "application/geo+json" })), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
    this.changed = false;
    const all = this.areas.filter((area) => area.code.length === length).length;
    this.say(this.text("textSaved", { file: name, n: areas.length, all }));
  }

  // -- drawing ------------------------------------------------------------------------------------------------------

  /** Let the frame contain every outline. */
  fit() {
    let [west, south, east, north] = this.frame;
    const visit = (part) => {
      if (typeof part[0] !== "number") return part.forEach(visit);
      [west, east] = [Math.min(west, part[0]), Math.max(east, part[0])];
      [south, north] = [Math.min(south, part[1]), Math.max(north, part[1])];
    };
    Object.values(this.shapes).forEach((shape) => visit(shape.ring ?? shape.geometry.coordinates));
    this.frame = [west, south, east, north];
    this.fill();
  }
  fill() {
    ["west", "south", "east", "north"].forEach((name, index) => { this.querySelector(`[name="${name}"]`).value = this.frame[index]; });
  }
  tidy() {
    this.eachRing((ring) => {
      for (let index = ring.length - 1; index > 0 && ring.length > 3; index -= 1) if (same(ring[index], ring[index - 1])) ring.splice(index, 1);
      if (ring.length > 3 && same(ring[0], ring.at(-1))) ring.pop();
    });
  }
  draw() {
    const path = (ring) => `M${ring.map((corner) => this.project(corner).map((number) => number.toFixed(1)).join(" ")).join("L")}Z`;
    this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${this.height}`);
    this.svg.replaceChildren();
    if (this.image) make("image", { href: this.image, width: WIDTH, height: this.height, preserveAspectRatio: "none" }, this.svg);
    const order = [...this.areas].sort((a, b) => a.code.length - b.code.length || (a.code === this.code) - (b.code === this.code));
    for (const { code, name } of order) {
      const shape = this.shapes[code];
      if (!shape) continue;
      const rings = shape.ring ? [shape.ring] : (shape.geometry.type === "Polygon" ? [shape.geometry.coordinates] : shape.geometry.coordinates).flat();
      const kind = code.length === 15 ? "grid" : "community";
      const area = make("path", { d: rings.map(path).join(""), class: `out-area out-area--${kind}${code === this.code ? " is-chosen" : ""}`, "data-code": code }, this.svg);
      make("title", {}, area).textContent = this.areas.find((one) => one.code === code).label;
      if (kind === "grid" || code === this.code) {
        const corners = rings[0].map((corner) => this.project(corner));
        const middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
        make("text", { x: middle[0], y: middle[1], class: "out-name", "font-size": (13 * this.reach) / NEAR }, this.svg).textContent = name;
      }
    }
    const size = Math.max(3, this.reach * 0.6);
    if (this.draft) {
      const points = this.draft.map((corner) => this.project(corner));
      make("polyline", { points: points.join(" "), class: "out-draft" }, this.svg);
      points.forEach(([cx, cy], index) => make("circle", { cx, cy, r: index ? size * 0.8 : size * 1.2, class: "out-corner" }, this.svg));
    } else {
      this.shapes[this.code]?.ring?.forEach((corner, index) => {
        const [cx, cy] = this.project(corner);
        make("circle", { cx, cy, r: size, class: `out-corner out-corner--grip${index === this.corner ? " is-chosen" : ""}`, "data-index": index }, this.svg);
      });
    }
    this.querySelectorAll("[data-choose]").forEach((button) => {
      button.setAttribute("aria-pressed", button.dataset.choose === this.code);
      button.classList.toggle("is-drawn", button.dataset.choose in this.shapes);
    });
    this.part("count").textContent = `${Object.keys(this.shapes).length} / ${this.areas.length}`;
  }
}

customElements.define("jd-outlines", OutlineEditor);
