// The page contains the texts for scripts, in its language.
const source = document.getElementById("texts");

/** Return a text of kernel/keys.html by its data name, with {name} places filled. */
export function text(name, values = {}) {
  let words = source?.dataset[name] ?? "";
  for (const [key, value] of Object.entries(values)) words = words.replace(`{${key}}`, String(value));
  return words;
}

/** Return the CSRF token of this page. */
export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** POST fields to this server; reject when the answer is not a success. */
export async function post(url, fields, options = {}) {
  const answer = await fetch(url, {
    method: "POST",
    body: fields instanceof URLSearchParams ? fields : new URLSearchParams(fields),
    headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" },
    credentials: "same-origin",
    redirect: "error",
    ...options,
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}

/** Return whether the user is typing, so that a key is a letter and no shortcut. */
export function isTyping(target) {
  const kinds = ["checkbox", "radio", "button", "submit"];
  if (target instanceof HTMLInputElement) return !kinds.includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || !!target?.isContentEditable;
}

/** Submit a form as a press of its button would (Safari before 16 has no requestSubmit). */
export function send(form, by = null) {
  if (form.requestSubmit) form.requestSubmit(by ?? undefined);
  else if (by) by.click();
  else form.submit();
}
