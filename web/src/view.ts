/** What a view is made of: a title, and the nodes below it. */

import { h } from "./dom.js";

export type View = { title: string; content: Node[]; leave?: () => void };

/** A view that is one narrow card. */
export function card(title: string, ...content: Node[]): View {
  return { title, content: [h("section", { class: "card narrow" }, h("h1", {}, title), ...content)] };
}
