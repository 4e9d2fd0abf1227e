// A map that needs no network: the grids of the day's bundle and the points of its work, drawn as SVG.
import { h, svg, t } from "./dom.js";

const WIDTH = 600;
const HEIGHT = 460;
const MARGIN = 26;

const rings = (geometry) =>
  geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((polygon) => polygon[0]);

/** Return functions between degrees and the drawing; a degree of longitude is shorter than one of latitude. */
function project(corners) {
  const lons = corners.map((corner) => corner[0]);
  const lats = corners.map((corner) => corner[1]);
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = Math.min(
    (WIDTH - 2 * MARGIN) / Math.max((east - west) * shrink, 1e-5),
    (HEIGHT - 2 * MARGIN) / Math.max(north - south, 1e-5),
  );
  const left = (WIDTH - (east - west) * shrink * scale) / 2;
  const top = (HEIGHT - (north - south) * scale) / 2;
  return {
    x: (lon) => left + (lon - west) * shrink * scale,
    y: (lat) => top + (north - lat) * scale,
    back: (x, y) => ({ lon: west + (x - left) / (shrink * scale), lat: north - (y - top) / scale }),
  };
}

/**
 * Return a map. `points` are {lon, lat, label, tone, href, number}; `pick` is called with a tapped place.
 * The list beside the map names every point, so that the map is not needed.
 */
export function drawMap({ grids, points = [], here = null, pick = null, chosen = null }) {
  const around = grids.flatMap((grid) => rings(grid.geometry).flat());
  const own = [...points, ...[here, chosen].filter(Boolean)].map((point) => [point.lon, point.lat]);
  const corners = around.length ? around : own;
  if (!corners.length) return null;
  const plane = project(corners);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "f-map__svg", role: pick ? "application" : "img" });
  drawing.setAttribute("aria-label", pick ? t("mapPick") : t("mapLabel", { n: points.length }));
  for (const grid of grids) {
    for (const ring of rings(grid.geometry)) {
      const path = ring.map(([lon, lat]) => `${plane.x(lon).toFixed(1)},${plane.y(lat).toFixed(1)}`).join(" ");
      const shape = svg("polygon", { points: path, class: "f-map__grid" });
      shape.append(svg("title", {}, grid.properties.label));
      drawing.append(shape);
    }
  }
  for (const point of points) drawing.append(drawPoint(point, plane));
  if (here) drawing.append(svg("circle", { cx: plane.x(here.lon), cy: plane.y(here.lat), r: 9, class: "f-map__here" }));
  const mark = svg("circle", { r: 11, class: "f-map__chosen", visibility: "hidden" });
  const put = (place) => {
    mark.setAttribute("cx", plane.x(place.lon));
    mark.setAttribute("cy", plane.y(place.lat));
    mark.setAttribute("visibility", "visible");
  };
  drawing.append(mark);
  if (chosen) put(chosen);
  if (pick) {
    drawing.addEventListener("click", (event) => {
      const box = drawing.getBoundingClientRect();
      const factor = Math.max(WIDTH / box.width, HEIGHT / box.height);
      const x = (event.clientX - box.left - (box.width - WIDTH / factor) / 2) * factor;
      const y = (event.clientY - box.top - (box.height - HEIGHT / factor) / 2) * factor;
      const place = plane.back(x, y);
      put(place);
      pick(place);
    });
  }
  return h("div", { class: "f-map" }, drawing);
}

function drawPoint(point, plane) {
  const link = svg("a", { href: point.href, class: `f-map__point f-map__point--${point.tone}` });
  link.setAttribute("aria-label", point.label);
  link.append(
    svg("circle", { cx: plane.x(point.lon), cy: plane.y(point.lat), r: 13 }),
    svg("text", { x: plane.x(point.lon), y: plane.y(point.lat) + 5, "text-anchor": "middle" }, String(point.number)),
  );
  return link;
}
