"""What a browser reports about a page: errors of scripts, and violations of the Content Security Policy."""

from playwright.sync_api import BrowserContext, ConsoleMessage

# The words of Chromium's own message change between versions; those of this line do not.
REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`Content Security Policy: ${event.effectiveDirective} blocked ${event.blockedURI}`));"""


def collect_faults(context: BrowserContext, faults: list[str] | None = None) -> list[str]:
    """Return a list (`faults`, or a new one) that receives each script error and CSP violation in a context.

    Call it before the context opens a page of the site.
    """
    faults = [] if faults is None else faults

    def collect_violation(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(f"{message.location.get('url', '')}: {message.text}")

    context.add_init_script(REPORT_VIOLATIONS)
    context.on("console", collect_violation)
    context.on("weberror", lambda error: faults.append(f"{error.page and error.page.url}: {error.error}"))
    return faults
