/** With something that may never work and costs a request to try: given up after a few times in a row. */
const mostFailures = 3;

export class Patience {
  #failures = 0;

  get isOver(): boolean {
    return this.#failures >= mostFailures;
  }

  note(didWork: boolean): void {
    this.#failures = didWork ? 0 : this.#failures + 1;
  }
}
