// The style of the live map. Its colours are the page's tokens, so that it follows the light or dark theme.
import { colour } from "./once.js";

const tones = () => ["match", ["get", "tone"],
  "good", colour("--j-good"), "info", colour("--j-info"), "warn", colour("--j-warn"), "bad", colour("--j-bad"),
  "hold", colour("--j-hold"), "strong", colour("--j-brand"), colour("--j-neutral")];

const lines = () => ["match", ["get", "tone"],
  "good", colour("--j-good-line"), "warn", colour("--j-warn-line"), "bad", colour("--j-bad-line"),
  "info", colour("--j-info-line"), "strong", colour("--j-brand-line"), colour("--j-map-area")];

/** Return the layers of the style; with streets our areas let them shine through. */
export function layers(streets = false) {
  const words = { "text-font": ["sans"], "text-size": 13, "text-allow-overlap": false };
  const halo = { "text-color": colour("--j-text"), "text-halo-color": colour("--j-map-area"), "text-halo-width": 1.5 };
  return [
    { id: "ground", type: "background", paint: { "background-color": colour("--j-map-ground") } },
    ...(streets ? [{ id: "streets", type: "raster", source: "streets" }] : []),
    { id: "areas", type: "fill", source: "areas", paint: { "fill-color": lines(), "fill-opacity": streets ? 0.15 : 1 } },
    { id: "shades", type: "fill", source: "areas", filter: ["has", "value"],
      paint: { "fill-color": colour("--j-brand"), "fill-opacity": ["*", streets ? 0.45 : 0.7, ["to-number", ["get", "value"], 0]] } },
    { id: "borders", type: "line", source: "areas",
      paint: { "line-color": colour("--j-map-line"), "line-width": ["case", ["==", ["get", "kind"], "grid"], 0.7, 1.5] } },
    { id: "names", type: "symbol", source: "areas", filter: ["has", "text"],
      layout: { ...words, "text-field": ["get", "text"] }, paint: halo },
    { id: "premises", type: "symbol", source: "names", minzoom: 14,
      layout: { ...words, "text-size": 11, "text-field": ["get", "text"] }, paint: { ...halo, "text-color": colour("--j-quiet") } },
    { id: "clusters", type: "circle", source: "points", filter: ["has", "point_count"],
      paint: { "circle-color": colour("--j-brand"), "circle-radius": ["step", ["get", "point_count"], 14, 10, 18, 50, 24, 200, 30],
        "circle-stroke-width": ["case", [">", ["get", "bad"], 0], 4, 2],
        "circle-stroke-color": ["case", [">", ["get", "bad"], 0], colour("--j-bad"), colour("--j-surface")] } },
    { id: "counts", type: "symbol", source: "points", filter: ["has", "point_count"],
      layout: { ...words, "text-field": ["to-string", ["get", "point_count"]], "text-allow-overlap": true },
      paint: { "text-color": colour("--j-on-brand") } },
    { id: "points", type: "circle", source: "points", filter: ["!", ["has", "point_count"]],
      paint: { "circle-color": tones(), "circle-radius": ["case", ["==", ["get", "kind"], "here"], 10, 6.5],
        "circle-stroke-width": 2, "circle-stroke-color": colour("--j-surface") } },
    { id: "picked", type: "circle", source: "picked",
      paint: { "circle-color": colour("--j-brand"), "circle-radius": 9, "circle-stroke-width": 3, "circle-stroke-color": colour("--j-surface") } },
  ];
}
