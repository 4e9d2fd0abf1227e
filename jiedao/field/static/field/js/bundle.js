// The bundle of the day, as the app and the service worker change it.

/** Return the bundle with a case as the server answered it; null where the bundle has no such case. */
export function putRow(day, row) {
  if (!row || !day.cases.some((one) => one.number === row.number)) return null;
  // It keeps its place in the list while there is more to do.
  const isDone = !row.moves.some((move) => move.code !== "COMMENT");
  const keep = (one) => (isDone ? {} : { todo: one.todo, todo_label: one.todo_label });
  return { ...day, cases: day.cases.map((one) => (one.number === row.number ? { ...row, ...keep(one) } : one)) };
}
