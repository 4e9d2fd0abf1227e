// Loads a vendored script or style sheet once, when an element of the page needs it.
const loading = new Map();

/** Load a classic script; resolve after it has run. */
export function script(url) {
  if (!loading.has(url)) {
    loading.set(
      url,
      new Promise((done, failed) => {
        const tag = document.createElement("script");
        tag.src = url;
        tag.onload = done;
        tag.onerror = () => failed(new Error(url));
        document.head.append(tag);
      }),
    );
  }
  return loading.get(url);
}

/** Load a style sheet. */
export function sheet(url) {
  if (loading.has(url)) return;
  loading.set(url, true);
  document.head.prepend(Object.assign(document.createElement("link"), { rel: "stylesheet", href: url }));
}

/** Return the current value of a CSS custom property. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Call back when the element is about to become visible. */
export function whenSeen(element, then) {
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    then();
  }, { rootMargin: "200px" });
  watcher.observe(element);
}

/** Call back when the theme changes between light and dark. */
export function onTheme(then) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", then);
}
