// Shows which other users have this case open. <jd-presence data-presence-url="...">
import { isTyping, post, text, token } from "./texts.js";

const EVERY = 15000;

class Presence extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    this.timer = setInterval(() => this.ask(), EVERY);
    this.shown = () => document.visibilityState === "visible" && this.ask();
    this.left = () => this.leave();
    document.addEventListener("visibilitychange", this.shown);
    addEventListener("pagehide", this.left);
    this.ask();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.shown);
    removeEventListener("pagehide", this.left);
  }

  async ask() {
    if (document.visibilityState !== "visible") return;
    const doing = isTyping(document.activeElement) ? "writing" : "reading";
    try {
      const answer = await post(this.dataset.presenceUrl, { doing });
      this.show((await answer.json()).others ?? []);
    } catch {
      this.replaceChildren(); // unknown is not "nobody", but an old name would mislead
    }
  }

  show(others) {
    this.replaceChildren(
      ...others.map((other) => {
        const line = document.createElement("p");
        line.className = "j-presence";
        const face = document.createElement("span");
        face.className = "j-face";
        face.setAttribute("aria-hidden", "true");
        face.textContent = other.name.slice(0, 1);
        const who = [other.name, other.post].filter(Boolean).join(" · ");
        line.append(face, text(other.doing === "writing" ? "presenceWriting" : "presenceOne", { who }));
        return line;
      }),
    );
  }

  leave() {
    const fields = new URLSearchParams({ left: "1", csrfmiddlewaretoken: token() });
    navigator.sendBeacon?.(this.dataset.presenceUrl, fields);
  }
}

customElements.define("jd-presence", Presence);
