/** What goes over the wire, in `data` of publications. Others may send anything: nothing is believed. */

/** In the room's own channel, which is kept: what somebody said. */
export interface Said {
  id: string;
  name: string;
  text: string;
  at: number;
}

/** In the ephemeral channel beside it: "typing", "hello" of whoever comes in, "here" as its answer. */
export interface Signal {
  kind: "typing" | "hello" | "here";
  name: string;
}

const LONGEST_TEXT = 2000;
const LONGEST_NAME = 60;

export function readSaid(data: unknown): Said | undefined {
  const { id, name, text, at } = fieldsOf(data);
  if (typeof id !== "string" || typeof name !== "string" || typeof text !== "string") return undefined;
  const time = typeof at === "number" && Math.abs(at) < 8.64e15 ? at : Date.now();
  return { id, name: shown(name), text: text.slice(0, LONGEST_TEXT), at: time };
}

export function readSignal(data: unknown): Signal | undefined {
  const { kind, name } = fieldsOf(data);
  if (typeof name !== "string") return undefined;
  return kind === "typing" || kind === "hello" || kind === "here" ? { kind, name: shown(name) } : undefined;
}

function fieldsOf(data: unknown): Record<string, unknown> {
  return typeof data === "object" && data !== null ? { ...data } : {};
}

/** Without characters that cannot be seen or that turn the direction of what follows. */
function shown(name: string): string {
  return name.replace(/\p{C}/gu, "").slice(0, LONGEST_NAME);
}
