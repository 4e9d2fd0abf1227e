// Controls that several forms share, and the rule that a form states every fault beside its field before it is queued.
import { showAsked } from "../../js/questions.js";
import { drawMap } from "./map.js";
import { h, icon, t } from "./dom.js";
import { EXACT, distance, locate } from "./place.js";

/** Return a field with its label, its help and the mark of what must be filled. */
export function field(label, control, { required = false, help = "", note = "" } = {}) {
  const mark = required ? h("span", { class: "f-must" }, t("must")) : note ? h("span", { class: "f-note" }, note) : null;
  if (help) control.setAttribute("aria-describedby", `${control.id}-help`);
  return h(
    "div",
    { class: "f-field" },
    h("label", { for: control.id }, label, mark),
    help ? h("p", { class: "f-help", id: `${control.id}-help` }, help) : null,
    control,
  );
}

export function textArea(draft, name, { rows = 3, max = 2000 } = {}) {
  const control = h("textarea", { id: `f-${name}`, rows, maxlength: max, oninput: (event) => draft.put({ [name]: event.target.value }) });
  control.value = draft.data[name] ?? "";
  return control;
}

export function textLine(draft, name, { max = 200, list = null } = {}) {
  const control = h("input", { id: `f-${name}`, type: "text", maxlength: max, list, autocomplete: "off", oninput: (event) => draft.put({ [name]: event.target.value }) });
  control.value = draft.data[name] ?? "";
  return control;
}

/** Return a select box; `groups` are [label, [[value, label], ...]], or pairs without a group. */
export function choice(draft, name, groups, { empty = t("choose"), changed = () => {} } = {}) {
  const options = groups.map(([label, rows]) =>
    Array.isArray(rows)
      ? h("optgroup", { label }, rows.map(([value, text]) => h("option", { value }, text)))
      : h("option", { value: label }, rows),
  );
  const control = h("select", { id: `f-${name}`, onchange: (event) => draft.put({ [name]: event.target.value }).then(changed) });
  control.append(h("option", { value: "" }, empty), ...options);
  control.value = String(draft.data[name] ?? "");
  return control;
}

export function check(draft, name, label, changed = () => {}) {
  const control = h("input", { type: "checkbox", id: `f-${name}`, onchange: (event) => draft.put({ [name]: event.target.checked }).then(changed) });
  control.checked = draft.data[name] === true;
  return h("label", { class: "f-check", for: `f-${name}` }, control, h("span", {}, label));
}

/** Return the control for a category: typing narrows the list to those whose name contains the words. */
export function categoryField(draft, name, categories, label, { changed = () => {}, ...options } = {}) {
  const select = choice(draft, name, categories, { changed });
  const all = [...select.children];
  const filter = h("input", {
    type: "search",
    id: `f-${name}-filter`,
    placeholder: t("filterCategories"),
    "aria-label": t("filterCategories"),
    oninput: () => {
      const words = filter.value.trim();
      const kept = categories
        .map(([group, rows]) => [group, rows.filter(([value, text]) => text.includes(words) || String(value) === select.value)])
        .filter(([, rows]) => rows.length);
      const before = select.value;
      select.replaceChildren(...(words ? [...choice(draft, name, kept).children] : all));
      select.value = before;
    },
  });
  const built = field(label, select, options);
  select.before(filter);
  return built;
}

/** Return the control for the position: the phone's own, with its accuracy, or a tap on the map. */
export function positionField(draft, day) {
  const state = h("p", { class: "f-fix", role: "status" });
  const actions = h("div", { class: "f-row" });
  const map = h("div", {});
  const near = h("div", { class: "f-near" });
  let attempt = 0;

  async function set(point) {
    await draft.put({ lon: point.lon, lat: point.lat, accuracy_m: point.accuracy_m ?? null, asked: point.asked ?? false });
    show();
  }

  function show(fix = draft.data) {
    const has = typeof fix.lon === "number";
    const bad = has && typeof fix.accuracy_m === "number" && fix.accuracy_m > EXACT;
    state.className = `f-fix${bad ? " f-fix--bad" : has ? " f-fix--good" : ""}`;
    if (!has) state.textContent = t("noPoint");
    else if (typeof fix.accuracy_m !== "number") state.textContent = t("pointOnMap");
    else state.textContent = t(bad ? "pointBad" : "pointGood", { m: fix.accuracy_m });
    actions.replaceChildren(
      h("button", { type: "button", class: "f-button f-button--plain", onclick: find }, icon("current-location"), t(has ? "locateAgain" : "locate")),
      h("button", { type: "button", class: "f-button f-button--plain", onclick: openMap }, icon("map-pin"), t("onMap")),
    );
    if (bad && !fix.asked) {
      const keep = h("button", { type: "button", class: "f-button", onclick: () => decide({ ...draft.data, asked: true }) }, t("keepPoint"));
      actions.append(keep);
    }
    offerPlaces(fix);
  }

  /** Use each better fix at once, until the user decides otherwise. */
  async function find() {
    const ticket = ++attempt;
    await draft.put({ asked: false });
    state.className = "f-fix";
    state.textContent = t("locating");
    const fix = await locate({ better: (better) => ticket === attempt && set(better) });
    if (ticket !== attempt || !fix.fault) return;
    show();
    state.textContent = t(`locate_${fix.fault}`);
    state.className = "f-fix f-fix--bad";
  }

  /** Use what the user chose; a search that is still running no longer changes it. */
  function decide(point) {
    attempt += 1;
    return set(point);
  }

  function openMap() {
    const chosen = typeof draft.data.lon === "number" ? draft.data : null;
    const drawn = drawMap({ grids: day.grids, pick: decide, chosen });
    map.replaceChildren(drawn ?? h("p", {}, t("noMap")));
  }

  /** Suggest the names of the nearest premises; the worker may also type another place. */
  function offerPlaces(fix) {
    near.replaceChildren();
    if (typeof fix.lon !== "number") return;
    const places = day.places
      .filter((place) => place[3] !== null)
      .map((place) => ({ label: place[2], far: distance(fix, { lon: place[3], lat: place[4] }) }))
      .filter((place) => place.far < 300)
      .sort((a, b) => a.far - b.far)
      .slice(0, 3);
    for (const place of places) {
      const use = async () => {
        await draft.put({ place_text: place.label });
        const words = document.getElementById("f-place_text");
        if (words) words.value = place.label;
      };
      near.append(h("button", { type: "button", class: "f-chip", onclick: use }, place.label, ` ${Math.round(place.far)} m`));
    }
  }

  show();
  if (typeof draft.data.lon !== "number" && !draft.data.looked) {
    draft.put({ looked: true });
    find();
  }
  return h("fieldset", { class: "f-field" }, h("legend", {}, t("position")), state, actions, near, map);
}

/** Return a form; `submit` is called once all is filled, and returns the faults as [id of the control, words]. */
export function form({ title, back, parts, button, submit, more = [] }) {
  const faults = h("div", { class: "f-faults", role: "alert", tabindex: "-1" });
  const send = h("button", { type: "submit", class: "f-button f-button--main" }, button);
  const element = h("form", { class: "f-form", novalidate: true }, h("h1", {}, title), faults, parts, h("div", { class: "f-send" }, send, more));
  // A fault whose control was filled in since is no longer listed.
  const clearFilled = ({ target }) => {
    for (const line of faults.querySelectorAll("[data-for]")) if (isFilled(line.dataset.for, target)) line.remove();
    if (!faults.querySelector("li")) faults.replaceChildren();
  };
  element.addEventListener("input", clearFilled);
  element.addEventListener("change", clearFilled);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    try {
      const found = await submit();
      faults.replaceChildren();
      if (!found?.length) return;
      faults.append(h("h2", {}, t("faults")), h("ul", {}, found.map(([id, words]) => h("li", { "data-for": id }, h("a", { href: location.hash, onclick: (press) => jump(press, id) }, words)))));
      faults.focus();
    } finally {
      send.disabled = false;
    }
  });
  return h("div", {}, back ? h("a", { class: "f-back", href: back }, icon("arrow-left"), t("back")) : null, element);
}

/** Return whether `target` belongs to the control of a fault and has a value now. */
function isFilled(id, target) {
  const control = document.getElementById(id);
  if (!control) return true; // the answer that asked for it has changed
  const isSame = control === target || target.id === `${id}-album` || (control.type === "radio" && control.name === target.name);
  if (!isSame) return false;
  return ["radio", "checkbox"].includes(target.type) ? target.checked : target.type === "file" || target.value.trim() !== "";
}

function jump(event, id) {
  event.preventDefault();
  const control = document.getElementById(id);
  control?.scrollIntoView({ block: "center" });
  control?.focus();
}

const QUESTION_TYPES = { date: "date", text: "text", number: "text" };

/** Return the control of a question of a category; conditions are read by the script that all faces share. */
function questionField(question, answers) {
  const { key, type, label, help, unit, choices } = question;
  const shared = { "data-question": key, name: `q_${key}`, "data-condition": question.condition && JSON.stringify(question.condition) };
  const given = answers[key];
  const id = `q_${key}`;
  const title = unit ? `${label}（${unit}）` : label;
  if (["bool", "choice", "choices"].includes(type)) {
    const options = type === "bool" ? [["true", t("yes")], ["false", t("no")]] : choices;
    const kind = type === "choices" ? "checkbox" : "radio";
    const boxes = options.map(([value, words], place) => {
      const box = h("input", { type: kind, id: place ? `${id}-${place}` : id, value, ...shared });
      box.checked = Array.isArray(given) ? given.includes(value) : String(given ?? "") === value;
      return h("label", { class: "f-check" }, box, h("span", {}, words));
    });
    return h("fieldset", { class: "f-field" }, h("legend", {}, title, question.required ? h("span", { class: "f-must" }, t("must")) : null), help ? h("p", { class: "f-help" }, help) : null, boxes);
  }
  const control = type === "long_text" ? h("textarea", { id, rows: 3, maxlength: 2000, ...shared }) : h("input", { id, type: QUESTION_TYPES[type], maxlength: 200, inputmode: type === "number" ? "decimal" : null, ...shared });
  control.value = given ?? "";
  const built = field(title, control, { required: question.required, help });
  built.setAttribute("data-question-field", "");
  return built;
}

/** Return the questions of the category that a draft names, drawn again when another one is chosen. */
export function questionsField(draft, day) {
  const group = h("div", { "data-questions": true });
  const read = () => {
    const answers = {};
    for (const control of group.querySelectorAll("[data-question]:not(:disabled)")) {
      const { question: key } = control.dataset;
      if (control.type === "checkbox") {
        answers[key] ??= [];
        if (control.checked) answers[key].push(control.value);
      } else if (control.type === "radio") answers[key] = control.checked ? control.value : (answers[key] ?? "");
      else answers[key] = control.value.trim();
    }
    return answers;
  };
  const keep = () => {
    showAsked(group);
    return draft.put({ answers: read() });
  };
  const draw = () => {
    const keys = day.asked?.[draft.data.category] ?? [];
    group.replaceChildren(...keys.map((key) => questionField(day.questions[key], draft.data.answers ?? {})));
    showAsked(group);
    if (keys.length || draft.data.answers) draft.put({ answers: read() });
  };
  group.addEventListener("input", keep);
  group.addEventListener("change", keep);
  draw();
  const listMissing = () =>
    Object.entries(read())
      .filter(([key, value]) => day.questions[key].required && !value.length)
      .map(([key]) => [`q_${key}`, t("needField", { name: day.questions[key].label })]);
  return { group, draw, listMissing };
}
