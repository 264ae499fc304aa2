/** Helpers that create elements. Text is always text: nothing here parses HTML. */

type Child = Node | string | false | null | undefined;
type Handlers = { [K in keyof HTMLElementEventMap as `on${K}`]?: (event: HTMLElementEventMap[K]) => void };
type Attributes = Record<string, unknown> & Handlers;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`#${id} is missing`);
  return element;
}

/** Replaces the content of an element. */
export function show(place: HTMLElement, ...children: Child[]): void {
  place.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

/** Shows a moment by its time, and by its day if that is not today. */
export function timeOf(moment: number | string): HTMLTimeElement {
  const date = new Date(moment);
  const isToday = date.toDateString() === new Date().toDateString();
  return time(date, isToday ? clock(date) : `${date.toLocaleDateString([], { day: "numeric", month: "short" })}, ${clock(date)}`);
}

/** Shows a moment by its time only, below a heading with its day. */
export function clockOf(moment: number): HTMLTimeElement {
  const date = new Date(moment);
  return time(date, clock(date));
}

function clock(date: Date): string {
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function time(date: Date, text: string): HTMLTimeElement {
  return h("time", { datetime: date.toISOString(), title: date.toLocaleString() }, text);
}
