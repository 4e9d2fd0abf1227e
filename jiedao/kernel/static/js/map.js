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
const pick = (collection, kind) => ({ ...EMPTY, features: collection.features.filter((f) => f.geometry && kindOf(f) === kind) });

class LiveMap extends HTMLElement {
  connectedCallback() {
    if (this.map || this.waiting) return;
    this.waiting = true;
    whenSeen(this, () => this.start().catch(() => this.end())); // no WebGL, no network: the SVG remains
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
    const geometry = { type: "Point", coordinates: [lng, lat] };
    this.picked = { ...EMPTY, features: [{ type: "Feature", properties: { kind: "here", tone: "strong" }, geometry }] };
    this.map.getSource("picked").setData(this.picked);
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
    this.classList.remove("is-live");
    this.map?.remove();
    this.box?.remove();
  }
}

customElements.define("jd-map", LiveMap);
