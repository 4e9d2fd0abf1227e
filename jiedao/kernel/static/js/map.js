// The live map that replaces the server's SVG. It shows our own grids, cases and names of premises; where the town names
// a source of tiles, their streets are drawn below.
import { layers } from "./map_layers.js";
import { onTheme, script, sheet, whenSeen } from "./once.js";

const EMPTY = { type: "FeatureCollection", features: [] };

/** Return [[west, south], [east, north]] of a FeatureCollection, or null. */
function bounds(collection) {
  let [west, south, east, north] = [180, 90, -180, -90];
  const visit = (part) => {
    if (typeof part[0] !== "number") return part.forEach(visit);
    [west, east] = [Math.min(west, part[0]), Math.max(east, part[0])];
    [south, north] = [Math.min(south, part[1]), Math.max(north, part[1])];
  };
  collection.features.forEach((feature) => feature.geometry && visit(feature.geometry.coordinates));
  return west <= east ? [[west, south], [east, north]] : null;
}

const kindOf = (feature) => (feature.geometry.type !== "Point" ? "area" : feature.properties.kind === "premise" ? "name" : "point");
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NEAR_PX = 8; // how far an arrow key moves the pin; with Shift five times as far
const EDGE_PX = 24; // a pin that comes nearer to the edge takes the map with it

const pick = (collection, kind) => ({ ...EMPTY, features: collection.features.filter((f) => f.geometry && kindOf(f) === kind) });

class LiveMap extends HTMLElement {
  connectedCallback() {
    if (this.map || this.waiting) return;
    this.waiting = true;
    whenSeen(this, () => this.start().catch(() => this.end())); // no WebGL, no network: the SVG remains
    if (this.dataset.pickLon) this.listenToInputs();
  }

  async load() {
    const inline = this.querySelector('script[type="application/json"]');
    if (!this.dataset.url) return inline ? JSON.parse(inline.textContent) : EMPTY;
    const answer = await fetch(this.dataset.url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  async start() {
    const [collection] = await Promise.all([this.load(), script(this.dataset.script)]);
    sheet(this.dataset.style);
    window.maplibregl.setWorkerUrl(this.dataset.worker);
    this.box = Object.assign(document.createElement("div"), { className: "j-map__live" });
    this.append(this.box);
    this.areas = pick(collection, "area");
    this.points = pick(collection, "point");
    this.names = pick(collection, "name");
    this.picked = this.readPicked();
    this.map = new window.maplibregl.Map({
      container: this.box,
      style: this.style_(),
      bounds: bounds(collection) ?? [[113.7, 22.4], [114.7, 22.9]],
      fitBoundsOptions: { padding: 24, maxZoom: 16 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      localIdeographFontFamily: "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif",
      locale: { "NavigationControl.ZoomIn": this.dataset.textPlus, "NavigationControl.ZoomOut": this.dataset.textMinus, "Map.Title": this.dataset.label },
    });
    this.map.addControl(new window.maplibregl.NavigationControl({ showCompass: false }), "top-right");
    this.map.touchZoomRotate.disableRotation();
    this.map.on("load", () => this.classList.add("is-live"));
    if (this.dataset.credit) this.box.append(Object.assign(document.createElement("div"), { className: "j-map__credit", textContent: this.dataset.credit }));
    this.map.on("click", (event) => this.clicked(event));
    this.map.on("mousemove", (event) => this.hover(event));
    this.box.addEventListener("mouseleave", () => this.tip?.remove());
    if (this.dataset.pickLon) this.box.addEventListener("keydown", (event) => this.nudge(event), true);
    onTheme(() => this.map.setStyle(this.style_()));
  }

  style_() {
    return {
      version: 8,
      sources: {
        areas: { type: "geojson", data: this.areas },
        points: { type: "geojson", data: this.points, cluster: !this.dataset.pickLon, clusterRadius: 44, clusterMaxZoom: 16,
          clusterProperties: { bad: ["+", ["case", ["==", ["get", "tone"], "bad"], 1, 0]] } },
        names: { type: "geojson", data: this.names },
        picked: { type: "geojson", data: this.picked ?? EMPTY },
        ...(this.dataset.tiles && { streets: { type: "raster", tiles: [this.dataset.tiles], tileSize: 256, maxzoom: 18 } }),
      },
      layers: layers(Boolean(this.dataset.tiles)),
    };
  }

  at(event) {
    const names = ["picked", "points", "clusters", "areas"].filter((name) => this.map.getLayer(name));
    return this.map.queryRenderedFeatures(event.point, { layers: names })[0];
  }

  async clicked(event) {
    if (this.dataset.pickLon) return this.choose(event.lngLat);
    const found = this.at(event);
    if (found?.layer.id === "clusters") {
      const zoom = await this.map.getSource("points").getClusterExpansionZoom(found.properties.cluster_id);
      this.map.easeTo({ center: found.geometry.coordinates, zoom: zoom + 0.2 });
    } else if (found?.properties.href) location.assign(found.properties.href);
  }

  choose({ lng, lat }) {
    for (const [id, value] of [[this.dataset.pickLon, lng], [this.dataset.pickLat, lat]]) {
      const input = document.getElementById(id);
      if (!input) continue;
      input.value = value.toFixed(6);
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  /** Return the point of the inputs as a collection; null where they hold none, or one in another system than WGS 84. */
  readPicked() {
    const [lon, lat] = [this.dataset.pickLon, this.dataset.pickLat].map((id) => document.getElementById(id));
    const system = lon?.form?.elements.coord_system?.value || "WGS84";
    const coordinates = [lon, lat].map((input) => Number(input?.value || NaN));
    if (!coordinates.every(Number.isFinite) || system !== "WGS84") return null;
    const geometry = { type: "Point", coordinates };
    return { ...EMPTY, features: [{ type: "Feature", properties: { kind: "here", tone: "strong" }, geometry }] };
  }

  /** Show the pin where the inputs state it: a click, an arrow key or the position of the device has changed them. */
  listenToInputs() {
    for (const id of [this.dataset.pickLon, this.dataset.pickLat]) {
      document.getElementById(id)?.addEventListener("change", () => {
        this.picked = this.readPicked();
        this.map?.getSource("picked")?.setData(this.picked ?? EMPTY);
      });
    }
  }

  /** Move the pin by an arrow key, which would move the map; the first one sets it in the middle. */
  nudge(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || event.target !== this.map.getCanvas() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.picked) return this.choose(this.map.getCenter());
    const step = NEAR_PX * (event.shiftKey ? 5 : 1);
    const from = this.map.project(this.picked.features[0].geometry.coordinates);
    const to = { x: from.x + arrow[0] * step, y: from.y + arrow[1] * step };
    const { clientWidth: width, clientHeight: height } = this.box;
    const place = this.map.unproject([to.x, to.y]);
    this.choose(place);
    if (to.x < EDGE_PX || to.y < EDGE_PX || to.x > width - EDGE_PX || to.y > height - EDGE_PX) this.map.panTo(place);
  }

  hover(event) {
    const found = this.at(event);
    const words = found?.properties.label ?? (found?.properties.cluster ? this.counted(found.properties) : "");
    this.map.getCanvas().style.cursor = this.dataset.pickLon ? "crosshair" : found?.properties.href || found?.properties.cluster ? "pointer" : "";
    this.tip?.remove();
    if (!words) return;
    this.tip = Object.assign(document.createElement("div"), { className: "j-map__tip", textContent: words });
    this.append(this.tip);
    this.tip.style.left = `${Math.min(event.point.x + 12, this.clientWidth - this.tip.offsetWidth - 8)}px`;
    this.tip.style.top = `${Math.min(event.point.y + 12, this.clientHeight - this.tip.offsetHeight - 8)}px`;
  }

  /** Show the text of a cluster: the number of its cases, and how many of them are overdue. */
  counted({ point_count: all, bad }) {
    return (bad ? this.dataset.textLate : this.dataset.textCount).replace("{all}", all).replace("{bad}", bad);
  }

  end() {
    this.dispatchEvent(new CustomEvent("map-failed", { bubbles: true }));
    this.classList.remove("is-live");
    this.map?.remove();
    this.box?.remove();
  }
}

customElements.define("jd-map", LiveMap);
