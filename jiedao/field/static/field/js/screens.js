// The pages that show: today, what waits, my month, signing out.
import { ago, h, icon, joinSentences, moment, say, t } from "./dom.js";
import { exportQueue } from "./exporting.js";
import { drawMap } from "./map.js";
import { distance, locate, orderByWalk } from "./place.js";
import { HELD, WAITING } from "./queue.js";
import { placeLinks } from "./work.js";

const SECTIONS = [
  ["VERIFY", "secVerify"],
  ["INSPECT", "secInspect"],
  ["TAKE", "secTake"],
  ["HANDLE", "secHandle"],
  ["HELP", "secHelp"],
  ["CHECK", "secCheck"],
];
const FIRST_NEAR = 10; // the others after a touch
// What is to be done, as a word on each line: in an order of walking no heading states it.
const TASKS = { VERIFY: "taskVerify", INSPECT: "taskInspect", TAKE: "taskTake", HANDLE: "taskHandle", HELP: "taskHelp", CHECK: "taskCheck" };

/** Return the work of the day as lines: {key, todo, title, sub, href, lon, lat, due, late}. */
function listWork(app) {
  const waits = new Set(app.items.filter((item) => item.user === app.user.id).flatMap((item) => [item.data.case, item.data.inspection]));
  const now = Date.parse(app.day.at) + (Date.now() - app.day.loaded);
  const cases = app.day.cases.map((row) => ({
    ...row,
    title: row.subject,
    sub: [row.category, row.place || row.area].filter(Boolean).join(" · "),
    href: `#/case/${row.number}`,
    due: row.due_at ? moment(row.due_at) : "",
    late: row.due_at ? Date.parse(row.due_at) < now : false,
    waits: waits.has(row.number),
  }));
  const inspections = app.day.inspections.map((row) => ({
    ...row,
    todo: "INSPECT",
    title: row.name,
    sub: [row.register, row.place || row.area].filter(Boolean).join(" · "),
    href: `#/inspect/${row.id}`,
    due: row.due,
    late: row.overdue,
    waits: waits.has(row.id),
  }));
  return [...cases, ...inspections];
}

function line(row, number, here) {
  const far = here && typeof row.lon === "number" ? distance(here, row) : null;
  return h(
    "li",
    { class: "f-card f-work" },
    h("a", { class: "f-work__link", href: row.href }, h("span", { class: `f-number f-number--${row.late ? "bad" : "info"}` }, String(number)), h("strong", {}, row.title)),
    h("p", { class: "f-quiet" }, row.sub),
    h(
      "p",
      { class: "f-tags" },
      h("span", { class: "f-tag f-tag--task" }, TASKS[row.todo] ? t(TASKS[row.todo]) : row.state),
      row.waits ? h("span", { class: "f-tag f-tag--warn" }, t("tagWaits")) : null,
      row.urgent ? h("span", { class: "f-tag f-tag--bad" }, t("urgentTag")) : null,
      h("span", { class: `f-tag f-tag--${row.late ? "bad" : "neutral"}` }, row.due ? t(row.late ? "lateTag" : "dueTag", { at: row.due }) : t("noDue")),
      far !== null ? h("span", { class: "f-tag" }, far < 1000 ? `${Math.round(far)} m` : `${(far / 1000).toFixed(1)} km`) : null,
    ),
    h("div", { class: "f-row" }, placeLinks(row, row.title), row.phone ? h("a", { class: "f-button f-button--plain", href: `tel:${row.phone}`, "aria-label": t("call", { who: row.unit }) }, icon("phone"), t("callShort")) : null),
  );
}

/** Today: the work in an order of walking, under its headings, with a map of the same numbers. */
export function todayScreen(app) {
  const { day, here } = app;
  const rows = listWork(app);
  const own = rows.filter((row) => row.todo !== "NEAR" && row.todo !== "REPORTED");
  const ordered = orderByWalk(own, here);
  const numbers = new Map(ordered.map((row, place) => [row, place + 1]));
  const near = orderByWalk(rows.filter((row) => row.todo === "NEAR"), here);
  near.forEach((row, place) => numbers.set(row, ordered.length + place + 1));
  const shownNear = app.allNear ? near : near.slice(0, FIRST_NEAR);
  const points = [...ordered, ...shownNear].filter((row) => typeof row.lon === "number");
  const find = async () => {
    say(t("locating"));
    const fix = await locate();
    if (fix.fault) return say(t(`locate_${fix.fault}`), "bad");
    app.here = fix;
    say(t("orderedByWalk"));
    app.show();
  };
  const section = (label, list, shown = list, ...more) =>
    list.length ? h("section", {}, h("h2", {}, label, h("span", { class: "f-count" }, String(list.length))), h("ol", { class: "f-list" }, shown.map((row) => line(row, numbers.get(row), here))), more) : null;
  const showAll = () => {
    app.allNear = true;
    app.show();
  };
  const moreNear = shownNear.length < near.length ? h("button", { class: "f-button f-button--plain", onclick: showAll }, t("showMore", { n: near.length - shownNear.length })) : null;
  const farther = near.length < day.near_total ? h("p", { class: "f-help" }, t("nearOf", { n: near.length, all: day.near_total })) : null;
  const reported = rows.filter((row) => row.todo === "REPORTED");
  return h(
    "div",
    {},
    h("h1", {}, t("today"), h("small", {}, day.today)),
    app.notice(),
    h(
      "div",
      { class: "f-row f-row--wide" },
      day.may.report ? h("a", { class: "f-button f-button--main", href: "#/report" }, icon("camera"), t("report")) : null,
      h("a", { class: "f-button", href: "#/visit" }, icon("map-pin"), t("visit")),
    ),
    h("div", { class: "f-row" }, h("button", { class: "f-button f-button--plain", onclick: find }, icon("current-location"), t(here ? "orderAgain" : "orderByWalk")), here ? h("span", { class: "f-quiet" }, t("accuracy", { m: here.accuracy_m })) : null),
    points.length ? h("details", { class: "f-mapbox", open: app.mapOpen, ontoggle: (event) => (app.mapOpen = event.target.open) }, h("summary", {}, icon("map-2"), t("map")), drawMap({ grids: day.grids, here, points: points.map((row) => ({ lon: row.lon, lat: row.lat, label: `${numbers.get(row)}. ${row.title}`, tone: row.late ? "bad" : "info", href: row.href, number: numbers.get(row) })) })) : null,
    here
      ? section(t("orderByWalk"), ordered)
      : SECTIONS.map(([todo, label]) => section(t(label), ordered.filter((row) => row.todo === todo))),
    own.length ? null : h("p", { class: "f-card" }, t("nothingToday")),
    section(t("secNear"), near, shownNear, farther, moreNear),
    reported.length ? h("section", {}, h("h2", {}, t("secReported"), h("span", { class: "f-count" }, String(reported.length))), h("ul", { class: "f-list" }, reported.map((row) => h("li", { class: "f-card" }, h("a", { href: row.href }, row.title), h("p", { class: "f-quiet" }, `${row.number} · ${row.state}`))))) : null,
  );
}

/** What waits, and since when; what was refused, with both versions, and what to do about it. */
export function queueScreen(app) {
  const own = app.items.filter((item) => item.user === app.user.id);
  const others = app.items.length - own.length;
  const held = own.filter((item) => item.state === HELD);
  const waiting = own.filter((item) => item.state === WAITING);
  return h(
    "div",
    {},
    h("h1", {}, t("queue")),
    app.notice(),
    held.length ? h("section", {}, h("h2", {}, t("held"), h("span", { class: "f-count f-count--bad" }, String(held.length))), h("ul", { class: "f-list" }, held.map((item) => heldCard(app, item)))) : null,
    waiting.length ? h("section", {}, h("h2", {}, t("waiting"), h("span", { class: "f-count" }, String(waiting.length))), h("ul", { class: "f-list" }, waiting.map((item) => h("li", { class: "f-card" }, h("strong", {}, item.title), h("p", { class: "f-quiet" }, t("since", { ago: ago(item.made_at) }), item.attempts ? ` · ${t("attempts", { n: item.attempts })}` : ""))))) : null,
    own.length ? h("div", { class: "f-row" }, h("button", { class: "f-button", onclick: () => app.sendNow() }, icon("refresh"), t("sendNow")), h("button", { class: "f-button f-button--plain", onclick: () => exportQueue(app, own) }, icon("download"), t("export"))) : h("p", { class: "f-card f-card--good" }, t("queueEmpty")),
    own.length ? h("p", { class: "f-help" }, t("exportHelp")) : null,
    others ? h("p", { class: "f-card f-card--warn" }, t("ofOthers", { n: others })) : null,
    app.receipts.length ? h("section", {}, h("h2", {}, t("sentToday")), h("ul", { class: "f-list" }, app.receipts.map((row) => h("li", { class: "f-card" }, row)))) : null,
  );
}

/** A refused item: the user's version beside the present case, and what can be done with it. */
function heldCard(app, item) {
  const { fault } = item;
  const { present } = fault;
  const mine = Object.values(item.data.fields ?? {}).filter((value) => typeof value === "string" && value.trim()).join(" · ") || item.data.detail || item.title;
  const stillPossible = fault.case?.moves.some((move) => move.code === item.data.move);
  const mayComment = fault.case?.moves.some((move) => move.code === "COMMENT");
  const edit = item.kind === "REPORT" ? "#/edit/" : item.kind === "INSPECT" ? "#/edit/" : stillPossible ? "#/edit/" : "";
  const again = () => app.queue.release(item, { ...item.data, version: present.version }).then(() => app.sendNow());
  const comment = () => {
    const note = Object.values(item.data.fields ?? {}).filter((value) => typeof value === "string" && value.trim()).join(" ");
    const data = { case: item.data.case, move: "COMMENT", version: present.version, fields: { note: note || item.title } };
    return app.queue.release(item, data).then(() => app.sendNow());
  };
  const drop = async () => {
    if (!confirm(t("dropSure"))) return;
    await app.queue.drop(item);
    app.show();
  };
  return h(
    "li",
    { class: "f-card f-card--bad" },
    h("strong", {}, item.title),
    h("p", {}, joinSentences(fault.message ?? t("refused", { status: fault.status }), fault.hint)),
    present
      ? h(
          "div",
          { class: "f-versions" },
          h("div", {}, h("h3", {}, t("mine")), h("p", {}, mine), h("p", { class: "f-quiet" }, ago(item.made_at)), countPhotos(item) ? h("p", { class: "f-quiet" }, t("photoCount", { n: countPhotos(item) })) : null),
          h("div", {}, h("h3", {}, t("theirs")), h("p", {}, h("span", { class: "f-tag" }, present.state)), h("p", {}, [present.who, present.move].filter(Boolean).join(" · ")), h("p", {}, present.text), present.at ? h("p", { class: "f-quiet" }, moment(present.at)) : null),
        )
      : null,
    fault.inspection ? inspectionVersions(app, item, fault.inspection) : null,
    h(
      "div",
      { class: "f-row" },
      stillPossible && fault.stale ? h("button", { class: "f-button", onclick: again }, t("sendAnyway")) : null,
      edit ? h("a", { class: "f-button f-button--plain", href: `${edit}${item.id}` }, t("change")) : null,
      mayComment && item.data.move !== "COMMENT" ? h("button", { class: "f-button f-button--plain", onclick: comment }, t("asComment")) : null,
      !present || !fault.stale ? h("button", { class: "f-button f-button--plain", onclick: () => app.queue.release(item).then(() => app.sendNow()) }, t("tryAgain")) : null,
      h("button", { class: "f-button f-button--danger", onclick: drop }, t("drop")),
    ),
  );
}

/** My inspection beside the one that the server has, question by question. */
function inspectionVersions(app, item, present) {
  const row = app.day.inspections.find((one) => one.id === item.data.inspection);
  const labels = new Map(row?.values ?? []);
  const names = new Map((row?.items ?? []).map((one) => [one.key, one.label]));
  const line = (name, value, note) => h("p", {}, h("span", { class: "f-quiet" }, name), h("br"), h("strong", {}, value), note ? ` · ${note}` : "");
  const mine = Object.entries(item.data.answers ?? {}).map(([key, { value, note }]) => line(names.get(key) ?? present.answers[key]?.[0] ?? key, labels.get(value) ?? t(`answer_${value}`), note));
  const theirs = Object.values(present.answers).map((answer) => line(...answer));
  const pass = present.passed === null ? "" : t(present.passed ? "month_passed" : "month_failed");
  return h(
    "div",
    { class: "f-versions" },
    h("div", {}, h("h3", {}, t("mine")), h("p", { class: "f-quiet" }, ago(item.made_at)), mine, item.data.note ? h("p", {}, item.data.note) : null, countPhotos(item) ? h("p", { class: "f-quiet" }, t("photoCount", { n: countPhotos(item) })) : null),
    h("div", {}, h("h3", {}, t("theirs")), h("p", { class: "f-quiet" }, [present.state, pass, present.who, present.day].filter(Boolean).join(" · ")), theirs, present.text ? h("p", {}, present.text) : null),
  );
}

const countPhotos = (item) => Object.values(item.photos ?? {}).flat().length;

/** My month: what I did and how it ended. Only the user sees it. */
export function meScreen(app) {
  const { day } = app;
  return h(
    "div",
    {},
    h("h1", {}, day.user.name, h("small", {}, day.user.post)),
    h("section", {}, h("h2", {}, t("month")), h("p", { class: "f-help" }, t("monthHelp")), h("ul", { class: "f-list" }, day.month.map((row) => h("li", { class: "f-card f-month" }, h("span", {}, t(`month_${row.key}`)), h("strong", {}, String(row.total)), row.ends.length ? h("p", { class: "f-quiet" }, row.ends.map(([label, n]) => `${row.key === "inspected" ? t(`month_${label}`) : label} ${n}`).join(" · ")) : null)))),
    h("section", {}, h("h2", {}, t("thisPhone")), h("p", { class: "f-quiet" }, t("loaded", { ago: ago(day.loaded) })), h("div", { class: "f-stack" }, h("button", { class: "f-button f-button--plain", onclick: () => app.refresh(true) }, icon("refresh"), t("refresh")), h("a", { class: "f-button f-button--plain", href: `${document.body.dataset.home}codes/` }, icon("printer"), t("codes")), h("a", { class: "f-button f-button--plain", href: document.body.dataset.desk }, icon("device-desktop"), t("desk")), h("a", { class: "f-button f-button--danger", href: "#/out" }, icon("logout"), t("signOut")))),
  );
}

/** Signing out: nothing of the user stays on the phone, so what waits is sent, exported or given up first. */
export function outScreen(app) {
  const own = app.items.filter((item) => item.user === app.user.id);
  const leave = () => app.signOut();
  return h(
    "div",
    {},
    h("h1", {}, t("signOut")),
    own.length
      ? [
          h("p", { class: "f-card f-card--bad" }, t("outWaits", { n: own.length })),
          h("ul", {}, own.map((item) => h("li", {}, item.title))),
          h("div", { class: "f-stack" }, h("button", { class: "f-button f-button--main", onclick: () => app.sendNow() }, icon("refresh"), t("sendNow")), h("button", { class: "f-button", onclick: () => exportQueue(app, own) }, icon("download"), t("export")), h("button", { class: "f-button f-button--danger", onclick: () => confirm(t("outSure", { n: own.length })) && leave() }, t("outAnyway"))),
        ]
      : [h("p", { class: "f-card" }, t("outClean")), h("button", { class: "f-button f-button--main", onclick: leave }, icon("logout"), t("signOut"))],
    h("p", {}, h("a", { href: "#/" }, t("stay"))),
  );
}
