// Draws the boxes of a photo that are painted black in its public copy: by mouse, finger or arrow keys. The numbers in the
// fields are what is sent; without this script a person types them.
const FULL = 1000; // a side of the photo
const LEAST = 10; // of a box
const SIDES = ["left", "top", "width", "height"];
const SVG = "http://www.w3.org/2000/svg";
const clamp = (value, least, most) => Math.min(Math.max(Math.round(value), least), most);

class Blackout extends HTMLElement {
  connectedCallback() {
    if (this.drawing) return;
    this.classList.add("has-script");
    this.drawing = this.querySelector("svg");
    this.list = this.querySelector(".rev-boxes");
    this.pattern = this.querySelector("template");
    this.drawing.replaceChildren();
    const rows = [...this.list.children];
    this.list.replaceChildren();
    for (const row of rows) this.add(SIDES.map((side) => parseFloat(row.querySelector(`[data-side=${side}]`).value) * 10));
    this.drawing.addEventListener("pointerdown", (event) => this.begin(event));
    this.drawing.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) this.drawing.addEventListener(name, () => this.end());
    this.querySelector("[data-add]").addEventListener("click", (event) => {
      event.preventDefault();
      this.add([400, 400, 200, 200]).shape.focus();
      this.show();
    });
  }

  /** Add a box with its shape over the photo and its line of numbers. */
  add(numbers) {
    const row = this.pattern.content.firstElementChild.cloneNode(true);
    const shape = document.createElementNS(SVG, "rect");
    shape.setAttribute("class", "rev-box");
    shape.setAttribute("tabindex", "0");
    shape.setAttribute("role", "button");
    const box = { row, shape, numbers: [0, 0, LEAST, LEAST] };
    shape.addEventListener("keydown", (event) => this.press(event, box));
    shape.addEventListener("pointerdown", (event) => this.grab(event, box));
    row.querySelector("[data-remove]").addEventListener("click", () => this.remove(box));
    row.addEventListener("change", () => this.read(box));
    this.list.append(row);
    this.drawing.append(shape);
    this.set(box, numbers);
    this.name();
    return box;
  }

  /** Give a box its numbers, in thousandths, within the photo. */
  set(box, [left, top, width, height]) {
    const numbers = [left, top, width, height].map((number) => (Number.isFinite(number) ? number : 0));
    const x = clamp(numbers[0], 0, FULL - LEAST);
    const y = clamp(numbers[1], 0, FULL - LEAST);
    box.numbers = [x, y, clamp(numbers[2], LEAST, FULL - x), clamp(numbers[3], LEAST, FULL - y)];
    ["x", "y", "width", "height"].forEach((name, index) => box.shape.setAttribute(name, box.numbers[index]));
    SIDES.forEach((side, index) => { box.row.querySelector(`[data-side=${side}]`).value = String(box.numbers[index] / 10); });
  }

  read(box) {
    this.set(box, SIDES.map((side) => parseFloat(box.row.querySelector(`[data-side=${side}]`).value.replace("%", "")) * 10));
  }

  remove(box) {
    box.row.remove();
    box.shape.remove();
    this.name();
    this.querySelector("[data-add]").focus();
  }

  /** Number the boxes for screen readers, in the order of their lines. */
  name() {
    [...this.drawing.children].forEach((shape, index) => shape.setAttribute("aria-label", this.dataset.textBox.replace("{n}", index + 1)));
  }

  /** A photo with boxes is one that is to be shown. */
  show() {
    this.querySelector('input[type="checkbox"]').checked = true;
  }

  point(event) {
    const frame = this.drawing.getBoundingClientRect();
    const at = (value, size) => clamp((value / size) * FULL, 0, FULL);
    return [at(event.clientX - frame.left, frame.width), at(event.clientY - frame.top, frame.height)];
  }

  begin(event) {
    if (event.target !== this.drawing || event.button !== 0) return;
    const [x, y] = this.point(event);
    this.drawing.setPointerCapture(event.pointerId);
    this.moving = { box: this.add([x, y, LEAST, LEAST]), from: [x, y], kind: "draw" };
    this.show();
    event.preventDefault();
  }

  grab(event, box) {
    if (event.button !== 0) return;
    this.drawing.setPointerCapture(event.pointerId);
    this.moving = { box, from: this.point(event), kind: "move", numbers: box.numbers };
    box.shape.focus();
    event.preventDefault();
  }

  drag(event) {
    if (!this.moving) return;
    const { box, from, kind, numbers } = this.moving;
    const [x, y] = this.point(event);
    if (kind === "draw") {
      this.set(box, [Math.min(x, from[0]), Math.min(y, from[1]), Math.abs(x - from[0]), Math.abs(y - from[1])]);
    } else this.shift(box, numbers, x - from[0], y - from[1]);
  }

  end() {
    this.moving = null;
  }

  /** Move a box without changing its size. */
  shift(box, [left, top, width, height], right, down) {
    this.set(box, [clamp(left + right, 0, FULL - width), clamp(top + down, 0, FULL - height), width, height]);
  }

  press(event, box) {
    const steps = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] };
    if (event.key === "Delete" || event.key === "Backspace") this.remove(box);
    else if (event.key in steps) {
      const [right, down] = steps[event.key];
      const [left, top, width, height] = box.numbers;
      if (event.shiftKey) this.set(box, [left, top, width + right, height + down]);
      else this.shift(box, box.numbers, right, down);
    } else return;
    event.preventDefault();
  }
}

customElements.define("jd-blackout", Blackout);
