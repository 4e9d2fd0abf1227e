// The forms of the day's work: report, a move on a case, an inspection, a visit to a place.
import { Draft, photoField } from "./draft.js";
import { h, icon, moment, say, t } from "./dom.js";
import { categoryField, check, choice, field, form, positionField, questionsField, textArea, textLine } from "./forms.js";
import { showPreviews } from "./previews.js";
import { scanField } from "./scan.js";
import { EXACT, distance, locate, navigationUrl } from "./place.js";

const isEmpty = (value) => value === undefined || value === null || value === "";

/** Put an item into the queue and show the page of what waits, or the day. */
async function submitItem(app, draft, item, title) {
  const row = { ...item, id: draft.state.id, user: app.user.id, title, photos: draft.state.photos };
  const before = await app.store.find(row.id);
  await app.queue.add({ ...(before ? { made_at: before.made_at } : {}), ...row }, draft.photoIds, draft.key);
  say(t(app.isOffline ? "queuedOffline" : "queued"), "good");
  app.go("/");
  app.sendSoon();
}

function draftKey(app, name) {
  return `draft:${app.user.id}:${name}`;
}

/** The form of a report; the camera is its first control. With `item` a refused report is changed. */
export async function reportScreen(app, item = null) {
  const { day } = app;
  const draft = await Draft.open(app.store, item ? draftKey(app, item.id) : draftKey(app, "report"), { item });
  const spot = h("div", {});
  const showSpot = () =>
    spot.replaceChildren(
      ...(draft.data.handled
        ? [
            photoField(draft, "photos_after", "PHOTO_AFTER", t("photosAfter"), { help: t("photosAfterHelp") }),
            field(t("result"), textArea(draft, "result"), { required: true }),
          ]
        : []),
    );
  showSpot();
  const questions = questionsField(draft, day);
  const list = h("datalist", { id: "places" }, day.places.map((place) => h("option", { value: place[2] })));
  return form({
    title: t("report"),
    back: "#/",
    parts: [
      photoField(draft, "photos", "PHOTO_BEFORE", t("photos")),
      field(t("what"), textArea(draft, "detail"), { required: true, help: t("whatHelp") }),
      positionField(draft, day),
      field(t("where"), textLine(draft, "place_text", { list: "places" }), { help: t("whereHelp") }),
      list,
      categoryField(draft, "category", day.categories, t("category"), { note: draft.data.handled ? "" : t("optional"), changed: questions.draw }),
      questions.group,
      check(draft, "urgent", t("urgent")),
      day.may.self_handle ? check(draft, "handled", t("handledOnSpot"), showSpot) : null,
      spot,
    ],
    button: t("submit"),
    more: [h("button", { type: "button", class: "f-button f-button--plain", onclick: () => dropDraft(app, draft, item) }, t("dropDraft"))],
    submit: async () => {
      const data = draft.data;
      const faults = [];
      if (isEmpty(data.detail?.trim())) faults.push(["f-detail", t("needWhat")]);
      if (typeof data.lon !== "number" && isEmpty(data.place_text?.trim())) faults.push(["f-place_text", t("needWhere")]);
      if (typeof data.accuracy_m === "number" && data.accuracy_m > EXACT && !data.asked) faults.push(["main", t("needBetterPoint", { m: data.accuracy_m })]);
      if (data.handled && isEmpty(data.category)) faults.push(["f-category", t("needCategory")]);
      if (data.handled && isEmpty(data.result?.trim())) faults.push(["f-result", t("needResult")]);
      faults.push(...questions.listMissing());
      if (!faults.length) await submitItem(app, draft, { kind: "REPORT", data: { ...data } }, data.detail.trim().slice(0, 40));
      return faults;
    },
  });
}

async function dropDraft(app, draft, item) {
  if (!confirm(t("dropDraftSure"))) return;
  await draft.discard();
  app.go(item ? "/queue" : "/");
}

/** The page of a case: what it is, where, whom to call, and what can be done. */
export async function caseScreen(app, number) {
  const row = app.day.cases.find((one) => one.number === number);
  if (!row) return missing();
  const waits = app.items.filter((item) => item.user === app.user.id && item.data.case === number);
  // After a move that waits, what the bundle states to follow it; after a refused one nothing until its user has decided.
  const last = waits.filter((item) => item.data.move !== "COMMENT").at(-1);
  const known = [...row.moves, ...(row.later ?? [])];
  const follows = known.find((move) => move.code === last?.data.move)?.then ?? [];
  const isHeld = waits.some((item) => item.state !== "WAITING");
  const isOffered = (move) => (last ? move.code === "COMMENT" || (!isHeld && follows.includes(move.code)) : row.moves.includes(move));
  const facts = [
    [t("state"), row.state],
    [t("category"), row.category],
    [t("where"), [row.place, row.area].filter(Boolean).join(" · ")],
    [t("due"), row.due_at ? moment(row.due_at) : ""],
    [t("unit"), row.unit],
  ].filter(([, value]) => value);
  return h(
    "article",
    { class: "f-case" },
    h("a", { class: "f-back", href: "#/" }, icon("arrow-left"), t("back")),
    h("p", { class: "f-quiet" }, row.number),
    h("h1", {}, row.subject),
    h("dl", { class: "f-facts" }, facts.map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)])),
    h("p", { class: "f-detail" }, row.detail),
    row.answers?.length ? h("section", {}, h("h2", {}, t("answers")), h("dl", { class: "f-facts" }, row.answers.map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]))) : null,
    await showPreviews(app, row),
    h("div", { class: "f-row" }, placeLinks(row, row.subject), row.phone ? h("a", { class: "f-button f-button--plain", href: `tel:${row.phone}` }, icon("phone"), t("call", { who: row.unit })) : null),
    waits.length ? h("p", { class: "f-card f-card--warn" }, t("caseWaits", { n: waits.length }), " ", h("a", { href: "#/queue" }, t("showQueue"))) : null,
    h("div", { class: "f-moves" }, known.filter(isOffered).map((move) => h("a", { class: `f-button f-button--${move.tone}`, href: `#/case/${number}/${move.code}` }, move.label))),
  );
}

export function placeLinks(row, label) {
  if (typeof row.lon !== "number") return null;
  return h("a", { class: "f-button f-button--plain", href: navigationUrl(row, label) }, icon("route"), t("navigate"));
}

function missing() {
  return h("div", { class: "f-card" }, h("h1", {}, t("gone")), h("p", {}, t("goneHelp")), h("a", { class: "f-button", href: "#/" }, t("today")));
}

const CONTROLS = {
  text: (draft, row) => field(row.label, textArea(draft, row.name), mark(row)),
  reason: (draft, row) => field(row.label, choice(draft, row.name, row.choices), mark(row)),
  choice: (draft, row) => field(row.label, choice(draft, row.name, row.choices), mark(row)),
  photos: (draft, row) => photoField(draft, row.name, row.photo_kind, row.label, mark(row)),
};

function mark(row) {
  return { required: row.need === "required", help: row.help, note: row.depends || (row.need === "optional" ? t("optional") : "") };
}

/** The form of a move; its fields are those that the server named, and so is what must be filled. */
export async function moveScreen(app, number, code, item = null) {
  const row = item?.fault?.case ?? app.day.cases.find((one) => one.number === number);
  const move = [...(row?.moves ?? []), ...(row?.later ?? [])].find((one) => one.code === code);
  if (!move) return missing();
  const initial = {};
  for (const one of move.fields) if (!isEmpty(one.value)) initial[one.name] = one.value;
  const flat = item ? { ...item, data: { ...item.data.fields } } : null;
  const draft = await Draft.open(app.store, draftKey(app, item?.id ?? `${number}:${code}`), { item: flat, initial });
  return form({
    title: move.label,
    back: item ? "#/queue" : `#/case/${number}`,
    parts: [
      h("p", { class: "f-quiet" }, `${row.number} · ${row.subject}`),
      move.fields.map((one) =>
        one.kind === "category"
          ? categoryField(draft, one.name, app.day.categories, one.label, mark(one))
          : CONTROLS[one.kind](draft, one),
      ),
    ],
    button: move.label,
    submit: async () => {
      const given = (name) => !isEmpty(String(draft.data[name] ?? "").trim()) || draft.count(name) > 0;
      const faults = move.fields
        .filter((one) => (one.need === "required" && !given(one.name)) || (one.need === "either" && !given(one.name) && !given(one.instead)))
        .map((one) => [one.kind === "photos" ? `photos-${one.name}` : `f-${one.name}`, t("needField", { name: one.label })]);
      if (faults.length) return faults;
      const names = move.fields.filter((one) => one.kind !== "photos").map((one) => one.name);
      const fields = Object.fromEntries(names.map((name) => [name, draft.data[name] ?? ""]));
      const data = { case: row.number, move: code, version: row.version, fields };
      await submitItem(app, draft, { kind: "MOVE", data }, `${move.label} · ${row.subject}`);
      return [];
    },
  });
}

/** The checklist of an inspection. */
export async function inspectScreen(app, id, item = null) {
  const row = app.day.inspections.find((one) => one.id === id);
  if (!row) return missing();
  if (!item && app.items.some((one) => one.data.inspection === id)) return waiting();
  const draft = await Draft.open(app.store, draftKey(app, item?.id ?? `inspection:${id}`), { item, initial: { answers: {} } });
  const answers = draft.data.answers;
  const put = (key, values) => {
    answers[key] = { ...answers[key], ...values };
    return draft.put({ answers });
  };
  const questions = row.items.map((one, place) => question(draft, row, one, place, answers, put));
  return form({
    title: `${row.checklist} · ${row.name}`,
    back: "#/",
    parts: [
      h("p", { class: "f-quiet" }, [row.register, row.code, row.kind, row.place || row.area].filter(Boolean).join(" · ")),
      h("div", { class: "f-row" }, placeLinks(row, row.name)),
      questions,
      field(t("note"), textArea(draft, "note", { max: 300 }), { note: t("optional") }),
    ],
    button: t("finishInspection"),
    submit: async () => {
      const faults = [];
      for (const one of row.items) {
        const answer = answers[one.key];
        if (!answer?.value) faults.push([`f-${one.key}-0`, t("needAnswer", { name: one.label })]);
        else if (answer.value === "FAIL" && one.photo && !draft.count(`answer:${one.key}`)) faults.push([`photos-answer-${one.key}`, t("needPhoto", { name: one.label })]);
      }
      if (faults.length) return faults;
      const data = { inspection: id, version: row.version, answers, note: draft.data.note ?? "", name: row.name };
      await submitItem(app, draft, { kind: "INSPECT", data }, `${t("inspect")} · ${row.name}`);
      return [];
    },
  });
}

function waiting() {
  return h("div", { class: "f-card f-card--warn" }, h("h1", {}, t("inspectionWaits")), h("a", { class: "f-button", href: "#/queue" }, t("showQueue")));
}

function question(draft, row, one, place, answers, put) {
  const more = h("div", {});
  const show = () => {
    const failed = answers[one.key]?.value === "FAIL";
    const words = h("textarea", { id: `f-${one.key}-note`, rows: 2, maxlength: 300, oninput: (event) => put(one.key, { note: event.target.value }) });
    words.value = answers[one.key]?.note ?? "";
    more.replaceChildren(
      ...(failed
        ? [field(t("findings"), words, { note: t("optional") }), photoField(draft, `answer:${one.key}`, "PHOTO_BEFORE", t("photos"), { required: one.photo })]
        : []),
    );
  };
  const choices = row.values.map(([value, label], number) => {
    const control = h("input", { type: "radio", name: `f-${one.key}`, id: `f-${one.key}-${number}`, value, onchange: () => put(one.key, { value }).then(show) });
    control.checked = answers[one.key]?.value === value;
    return h("label", { class: `f-answer f-answer--${value}` }, control, h("span", {}, label));
  });
  show();
  return h("fieldset", { class: "f-field f-question" }, h("legend", {}, `${place + 1}. ${one.label}`), h("div", { class: "f-answers" }, choices), more);
}

/** Check in at a place: by the code that was scanned, or at one of the nearest places. No position is sent. */
export async function visitScreen(app, kind = "", code = "") {
  const { places } = app.day;
  const visit = async (place, proof) => {
    const data = { place_kind: place[0], place: place[1], proof };
    await app.queue.add({ id: crypto.randomUUID(), kind: "VISIT", user: app.user.id, title: `${t("visit")} · ${place[2]}`, data, photos: {} });
    say(t("visited", { place: place[2] }), "good");
    app.go("/");
    app.sendSoon();
  };
  const frame = (...content) => h("section", {}, h("a", { class: "f-back", href: "#/" }, icon("arrow-left"), t("back")), h("h1", {}, t("visit")), h("p", { class: "f-help" }, t("visitHelp")), content);
  if (kind) {
    const place = places.find((one) => one[0] === kind && one[1] === code);
    if (!place) return frame(h("p", { class: "f-card f-card--bad" }, t("unknownPlace", { code })));
    return frame(h("p", { class: "f-place" }, place[2]), h("button", { class: "f-button f-button--main", onclick: () => visit(place, "CODE") }, t("visitHere")));
  }
  const list = h("div", { class: "f-list" }, h("p", { role: "status" }, t("locating")));
  locate().then((fix) => {
    if (fix.fault) return list.replaceChildren(h("p", { class: "f-card f-card--bad" }, t(`locate_${fix.fault}`)));
    const near = places
      .filter((place) => place[3] !== null)
      .map((place) => ({ place, far: distance(fix, { lon: place[3], lat: place[4] }) }))
      .filter(({ far }) => far <= 150 + fix.accuracy_m)
      .sort((a, b) => a.far - b.far)
      .slice(0, 8);
    const buttons = near.map(({ place, far }) => h("button", { class: "f-line", onclick: () => visit(place, "POSITION") }, h("strong", {}, place[2]), h("span", { class: "f-quiet" }, `${Math.round(far)} m`)));
    list.replaceChildren(...(buttons.length ? buttons : [h("p", { class: "f-card" }, t("noPlaceNear"))]));
  });
  const scan = await scanField(([kind, code]) => app.go(`/here/${encodeURIComponent(kind)}/${encodeURIComponent(code)}`));
  return frame(scan, h("h2", {}, t("visitNear")), list);
}
