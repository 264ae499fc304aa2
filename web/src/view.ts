/** Views: a title and the nodes below it. */

import { h } from "./dom.js";

export interface View {
  title: string;
  content: Node[];
  leave?: () => void;
  /** Whether the view is for anyone, so that it stays when a user signs in or out. */
  isForAnyone?: boolean;
}

/** Shows a view in place of the current one. */
export type Present = (view: View) => void;

/** Creates a view with a single narrow card. */
export function card(title: string, ...content: (Node | false)[]): View {
  const nodes = content.filter((each): each is Node => Boolean(each));
  return { title, content: [h("section", { class: "card narrow" }, h("h1", {}, title), ...nodes)] };
}

export function quiet(...content: (Node | string)[]): HTMLElement {
  return h("p", { class: "quiet" }, ...content);
}
