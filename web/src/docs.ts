/** The API documentation: Swagger UI for /openapi.json, without requests to other hosts. */

declare const SwaggerUIBundle: (options: Record<string, unknown>) => unknown;

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = (): void => void document.documentElement.classList.toggle("dark-mode", dark.matches);

follow();
dark.addEventListener("change", follow);

/** Accessible names for inputs that Swagger UI leaves unnamed. */
const NAMES = {
  "select#servers": "Server",
  "select.content-type": "Content type",
  "textarea.body-param__text": "Request body",
  "select.examples-select-element": "Example",
  "select[id*=_select], .response-control-media-type select": "Response media type",
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
  // Deep links would nest links in buttons, which screen readers cannot tell apart.
  deepLinking: false,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: "list",
  tryItOutEnabled: true,
  // The validator would send the document to another host.
  validatorUrl: null,
});
