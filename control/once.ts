/** What lasts is told once, and again only when it is different or was over meanwhile. */
export class Once {
  readonly #told = new Map<string, string>();

  /** Whether this is to be told of the subject now. */
  isNews(subject: string, text: string): boolean {
    if (this.#told.get(subject) === text) return false;
    this.#told.set(subject, text);
    return true;
  }

  /** Nothing is to be told of the subject any more. */
  isOver(subject: string): void {
    this.#told.delete(subject);
  }
}
