/** A fleet on a terminal, drawn anew when it changes, when the terminal does, and while something is under way. */
import type { EventEmitter } from "node:events";
import { Region, type Terminal } from "../../process/region.ts";
import { isColoured } from "../../process/table.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ReleaseStatus } from "../fleet/release-status.ts";
import { glanceLines, isInTrouble, isUnderWay } from "./fleet-text.ts";

export type ScreenTerminal = Terminal & Pick<EventEmitter, "on" | "off"> & { readonly isTTY?: boolean };

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 200;

export class FleetScreen implements Disposable {
  readonly #terminal: ScreenTerminal;
  readonly #region: Region;
  readonly #timer: NodeJS.Timeout;
  /** Since when each Release in trouble is seen to be so, by what it is and why. */
  #since = new Map<string, number>();
  #shown: { readonly fleet: Fleet; readonly asOf: Date | undefined } | undefined;
  #warning: string | undefined;
  #frame = 0;

  constructor(terminal: ScreenTerminal) {
    this.#terminal = terminal;
    this.#region = new Region(terminal);
    terminal.on("resize", this.#resized);
    this.#timer = setInterval(() => this.#tick(), frameMs).unref();
  }

  /** With `asOf`, as something that was true then. */
  show(fleet: Fleet, asOf?: Date): void {
    this.#since = new Map(
      fleet.releases
        .filter(isInTrouble)
        .map((release) => [keyOf(release), this.#since.get(keyOf(release)) ?? Date.now()]),
    );
    this.#shown = { fleet, asOf };
    this.#warning = undefined;
    this.#draw();
  }

  /** Above what was shown last, which may be true no longer. */
  warn(text: string): void {
    this.#warning = text;
    this.#draw();
  }

  clear(): void {
    this.#shown = undefined;
    this.#region.clear();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#terminal.off("resize", this.#resized);
  }

  readonly #resized = (): void => {
    this.#region.redraw();
    this.#draw();
  };

  #tick(): void {
    this.#frame = (this.#frame + 1) % frames.length;
    this.#draw();
  }

  #draw(): void {
    if (this.#shown === undefined) return;
    const { fleet, asOf } = this.#shown;
    const lines = glanceLines(fleet, {
      coloured: isColoured(this.#terminal, process.env),
      nowMs: Date.now(),
      columns: this.#region.size.columns,
      sinceMs: (release) => this.#since.get(keyOf(release)) ?? Date.now(),
      spinner: fleet.releases.some(isUnderWay) ? (frames[this.#frame] ?? "") : "",
      asOf,
    });
    this.#region.draw(this.#warning === undefined ? lines : [this.#warning, ...lines]);
  }
}

function keyOf({ plane, project, environment, component, platform, images, behind }: ReleaseStatus): string {
  return JSON.stringify([plane, project, environment, component, platform, images, behind?.why]);
}
