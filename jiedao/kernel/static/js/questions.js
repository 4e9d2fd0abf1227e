// The questions of a category: shown and hidden by their conditions, and fetched when another category is chosen.
//
// Each control has data-question with its key, and perhaps data-condition with a condition as nested lists, such as
// ["==", ["name", "noise_source"], ["value", "SHOP"]]. It is evaluated here as on the server, with null for
// "undecided"; no text is run as code. The server decides again, so that a page without this script works too.

const equals = (left, right) => left === right;
const COMPARE = {
  "==": equals,
  "!=": (left, right) => left !== right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => (right === 0 ? null : left / right),
  "%": (left, right) => (right === 0 ? null : left % right),
  in: (item, items) => (items.includes(item) ? true : items.includes(null) ? null : false),
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};
const CONVERT = {
  not: (value) => !value,
  minus: (value) => -value,
  size: (value) => [...value].length,
  int: Math.trunc,
  double: Number,
};

/** Return whether the parts of && (decisive false) or || (decisive true) are true, null while that is undecided. */
function join(parts, answers, decisive) {
  let undecided = false;
  for (const part of parts) {
    const value = compute(part, answers);
    if (value === decisive) return decisive;
    undecided ||= value === null;
  }
  return undecided ? null : !decisive;
}

/** Return the value of an exported expression for answers by key, null where a missing answer leaves it undecided. */
export function compute([sign, ...operands], answers) {
  if (sign === "value") return operands[0];
  if (sign === "name") return answers[operands[0]] ?? null;
  if (sign === "list") return operands.map((operand) => compute(operand, answers));
  if (sign === "&&" || sign === "||") return join(operands, answers, sign === "||");
  if (sign === "has") return compute(operands[0], answers) !== null;
  if (sign === "?") {
    const decision = compute(operands[0], answers);
    return decision === null ? null : compute(operands[decision ? 1 : 2], answers);
  }
  const values = operands.map((operand) => compute(operand, answers));
  if (values.includes(null)) return null;
  if (sign in COMPARE) return COMPARE[sign](...values);
  return sign in CONVERT ? CONVERT[sign](...values) : null;
}

/** Return the value of the controls of one question, null without an answer. */
function read(controls) {
  const [first] = controls;
  if (first.type === "checkbox") {
    const codes = controls.filter((control) => control.checked).map((control) => control.value);
    return codes.length ? codes : null;
  }
  const text = first.type === "radio" ? (controls.find((control) => control.checked)?.value ?? "") : first.value.trim();
  if (!text) return null;
  if (first.inputMode === "decimal") {
    const number = Number(text.normalize("NFKC").replaceAll(",", ""));
    return Number.isNaN(number) ? null : number;
  }
  const isYesNo = first.type === "radio" && controls.every((control) => ["true", "false"].includes(control.value));
  return isYesNo ? text === "true" : text;
}

/** Show the questions whose condition is true; the controls of the others are disabled and so not sent. */
export function showAsked(group) {
  const questions = new Map();
  for (const control of group.querySelectorAll("[data-question]")) {
    const key = control.dataset.question;
    questions.set(key, [...(questions.get(key) ?? []), control]);
  }
  const answers = {};
  for (const [key, controls] of questions) {
    const condition = controls[0].dataset.condition;
    const asked = !condition || compute(JSON.parse(condition), answers) === true;
    const field = controls[0].closest("fieldset, .j-field, [data-question-field]");
    if (field) field.hidden = !asked;
    for (const control of controls) control.disabled = !asked;
    if (asked) answers[key] = read(controls);
  }
}

/** Return what was typed, so that it stays where the other category asks the same. */
function keepTyped(holder) {
  const kept = new Map();
  for (const control of holder.querySelectorAll("[data-question]")) {
    const boxes = ["checkbox", "radio"].includes(control.type);
    if (boxes ? control.checked : control.value) kept.set(`${control.name}=${boxes ? control.value : ""}`, control.value);
  }
  return () => {
    for (const control of holder.querySelectorAll("[data-question]")) {
      const boxes = ["checkbox", "radio"].includes(control.type);
      const value = kept.get(`${control.name}=${boxes ? control.value : ""}`);
      if (value === undefined) continue;
      if (boxes) control.checked = true;
      else control.value = value;
    }
  };
}

let lastFetch = 0;

/** Fetch the questions of the category that the form now names into the holder. */
async function fetchQuestions(holder, category) {
  const own = ++lastFetch;
  const restore = keepTyped(holder);
  let html = "";
  if (category) {
    try {
      const answer = await fetch(`${holder.dataset.questionsUrl}?category=${encodeURIComponent(category)}`, {
        credentials: "same-origin",
        headers: { "X-Requested-With": "fetch" },
      });
      if (answer.ok) html = await answer.text();
    } catch {
      // Without a network the server asks when the form is sent.
    }
  }
  if (own !== lastFetch) return;
  holder.innerHTML = html;
  restore();
  holder.dispatchEvent(new Event("jd-fields", { bubbles: true }));
  holder.querySelectorAll("[data-questions]").forEach(showAsked);
}

for (const group of document.querySelectorAll("[data-questions]")) showAsked(group);
for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    const group = event.target.closest?.("[data-questions]");
    if (group) showAsked(group);
  });
}
for (const holder of document.querySelectorAll("[data-questions-url]")) {
  const form = holder.closest("form");
  const find = () => new FormData(form).get(holder.dataset.questionsOf || "category") ?? "";
  let shown = String(find());
  const follow = () => {
    const category = String(find());
    if (category === shown) return;
    shown = category;
    fetchQuestions(holder, category);
  };
  for (const name of ["input", "change"]) form.addEventListener(name, follow);
  // A restored draft fills the form without an event to which the page could react.
  if (shown && !holder.querySelector("[data-questions]")) fetchQuestions(holder, shown);
}
