/** The documents: Swagger UI over /openapi.json, without a call to anybody else. */

declare const SwaggerUIBundle: (options: Record<string, unknown>) => unknown;

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = (): void => void document.documentElement.classList.toggle("dark-mode", dark.matches);

follow();
dark.addEventListener("change", follow);

/** The viewer leaves some of its inputs without a name for screen readers. */
const NAMES = {
  "select#servers": "Server",
  "select.content-type": "Content type",
  "textarea.body-param__text": "Request body",
  "select.examples-select-element": "Example",
  "select[id*=_select], .response-control-media-type select": "Media type of the answer",
};

new MutationObserver(() => {
  for (const [selector, name] of Object.entries(NAMES)) {
    for (const element of document.querySelectorAll(`${selector.split(", ").map((s) => `${s}:not([aria-label])`).join(", ")}`)) {
      element.setAttribute("aria-label", name);
    }
  }
}).observe(document.body, { childList: true, subtree: true });

SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.getElementById("docs"),
  // It would put links inside buttons, which screen readers cannot tell apart.
  deepLinking: false,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: "list",
  tryItOutEnabled: true,
  // It would ask another host whether the document is valid.
  validatorUrl: null,
});
