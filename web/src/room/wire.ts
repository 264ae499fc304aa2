/** The `data` of publications. Other clients can send anything, so every field is checked. */

/** A message, in the room's channel with history. */
export interface Said {
  id: string;
  name: string;
  text: string;
  at: number;
}

/** A signal, in the ephemeral channel: "typing", "hello" from a newcomer, "here" in reply to it. */
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

/** Removes characters that are invisible or change the text direction, and limits the length. */
function shown(name: string): string {
  return name.replace(/\p{C}/gu, "").slice(0, LONGEST_NAME);
}
