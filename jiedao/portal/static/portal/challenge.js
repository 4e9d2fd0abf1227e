// Computes the answer to the challenge, so that only visitors without scripts see the question (jiedao/portal/challenge.py).
const field = document.querySelector("[data-challenge]");
const PART = 64;

async function findWork(token, bits) {
  const encoder = new TextEncoder();
  for (let start = 0; ; start += PART) {
    const numbers = Array.from({ length: PART }, (_, index) => start + index);
    const digests = await Promise.all(numbers.map((number) => crypto.subtle.digest("SHA-256", encoder.encode(`${token}:${number}`))));
    const index = digests.findIndex((digest) => new DataView(digest).getUint32(0) >>> (32 - bits) === 0);
    if (index >= 0) return start + index;
  }
}

// crypto.subtle exists only in a secure context; elsewhere the question stays.
if (field && window.crypto?.subtle) {
  const form = field.form;
  const question = document.getElementById("challenge-question");
  const input = question?.querySelector("input");
  if (question && !question.hasAttribute("data-asked")) question.hidden = true;
  if (input) input.required = false;
  let working;
  const work = () => (working ??= findWork(form.elements.challenge.value, Number(field.dataset.challenge)).then((number) => {
    field.value = String(number);
    if (question) question.hidden = true;
  }));
  // A form that few visitors of the page send costs the others nothing.
  if (field.hasAttribute("data-later")) form.addEventListener("focusin", work);
  else work();
  form.addEventListener("submit", async (event) => {
    if (field.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await work();
    if (form.requestSubmit) form.requestSubmit(event.submitter ?? undefined);
    else event.submitter?.click();
  });
}
