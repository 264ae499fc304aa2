/** Views: a title and the nodes below it. */

import { h } from "./dom.js";

export type View = { title: string; content: Node[]; leave?: () => void };

/** Creates a view with a single narrow card. */
export function card(title: string, ...content: Node[]): View {
  return { title, content: [h("section", { class: "card narrow" }, h("h1", {}, title), ...content)] };
}
