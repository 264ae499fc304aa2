/** The functions that want to hear of one kind of event. */
export class Listeners<Event extends unknown[]> {
  readonly #listeners = new Set<(...event: Event) => void>();

  /** Adds a listener. Returns a function that removes it. */
  add(listener: (...event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(...event: Event): void {
    for (const listener of [...this.#listeners]) listener(...event);
  }
}
