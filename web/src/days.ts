/** The days that messages are of, in the time zone of the browser. */

/** Milliseconds of the start of the day of a moment. */
function startOfDay(moment: number): number {
  return new Date(moment).setHours(0, 0, 0, 0);
}

/**
 * Returns the day of each message, as the start of the day.
 *
 * Senders set the times, so a clock may be wrong: no day is yet to come, and a single message between
 * two of one day is of that day too.
 */
export function daysOf(moments: number[], now = Date.now()): number[] {
  const days = moments.map((moment) => startOfDay(Math.min(moment, now)));
  days.forEach((_, index) => {
    const before = days[index - 1];
    if (before !== undefined && before === days[index + 1]) days[index] = before;
  });
  return days;
}

/** The start of the day that is some days later. Days are not all of 24 hours. */
function daysAfter(moment: number, days: number): number {
  const date = new Date(startOfDay(moment));
  return date.setDate(date.getDate() + days);
}

/** Returns "Today", "Yesterday", or the date: "Monday, 23 November 2026". */
export function nameOfDay(start: number, now = Date.now()): string {
  if (start === startOfDay(now)) return "Today";
  if (start === daysAfter(now, -1)) return "Yesterday";
  const date = new Date(start);
  const weekday = date.toLocaleDateString("en-GB", { weekday: "long" });
  return `${weekday}, ${date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" })}`;
}

/** Calls `then` whenever a new day has begun, also for a device that slept. Returns a function that ends that. */
export function onNewDay(then: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  let day = startOfDay(Date.now());
  const look = (): void => {
    clearTimeout(timer);
    timer = setTimeout(look, daysAfter(Date.now(), 1) - Date.now());
    if (day === startOfDay(Date.now())) return;
    day = startOfDay(Date.now());
    then();
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
