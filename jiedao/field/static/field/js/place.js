// Positions: where the phone is and how exact that is, distances, and an order of walking.
const RADIUS = 6_371_000;
const radians = (degrees) => (degrees * Math.PI) / 180;
export const EXACT = 50; // metres; a less exact position needs a confirmation

/** Return the metres between two points of {lon, lat}. */
export function distance(a, b) {
  const dLat = radians(b.lat - a.lat);
  const dLon = radians(b.lon - a.lon);
  const x = Math.sin(dLat / 2) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.sqrt(x));
}

const hasPoint = (row) => typeof row.lon === "number" && typeof row.lat === "number";

/** Return rows in an order of walking: from `here` always to the nearest next one; rows without a point come last. */
export function orderByWalk(rows, here) {
  const left = rows.filter(hasPoint);
  const rest = rows.filter((row) => !hasPoint(row));
  if (!here) return [...rows];
  const order = [];
  let at = here;
  while (left.length) {
    let nearest = 0;
    for (let i = 1; i < left.length; i++) if (distance(at, left[i]) < distance(at, left[nearest])) nearest = i;
    at = left.splice(nearest, 1)[0];
    order.push(at);
  }
  return [...order, ...rest];
}

/** Return the address that opens the phone's own navigation at a point. */
export function navigationUrl({ lon, lat }, label) {
  const isApple = /iPhone|iPad|Mac/.test(navigator.userAgent);
  const words = encodeURIComponent(label);
  return isApple ? `maps://?daddr=${lat},${lon}&q=${words}` : `geo:${lat},${lon}?q=${lat},${lon}(${words})`;
}

/**
 * Ask the phone for its position until it is exact enough or the time is over; `better` is called for each better fix.
 * Resolves to {lon, lat, accuracy_m}, or to a fault: "denied", "none" or "insecure".
 */
export function locate({ better = () => {}, seconds = 15 } = {}) {
  if (!isSecureContext || !navigator.geolocation) return Promise.resolve({ fault: "insecure" });
  return new Promise((done) => {
    let best = null;
    const finish = (result) => {
      navigator.geolocation.clearWatch(watch);
      clearTimeout(timer);
      done(result);
    };
    const watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        const fix = { lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy) };
        if (best && fix.accuracy_m >= best.accuracy_m) return;
        best = fix;
        better(fix);
        if (fix.accuracy_m <= EXACT) finish(fix);
      },
      (fault) => {
        if (fault.code === 1) finish({ fault: "denied" });
      },
      { enableHighAccuracy: true, timeout: seconds * 1000, maximumAge: 0 },
    );
    const timer = setTimeout(() => finish(best ?? { fault: "none" }), seconds * 1000);
  });
}
