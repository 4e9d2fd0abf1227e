// Loads a vendored script or sheet once, when something on the page really needs it.
const loading = new Map();

/** Load a classic script; resolve when it ran. */
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

/** Return the value of a CSS custom property now. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Call back when the element is about to be seen. */
export function whenSeen(element, then) {
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    then();
  }, { rootMargin: "200px" });
  watcher.observe(element);
}

/** Call back when light changes to dark or back. */
export function onTheme(then) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", then);
}
