/**
 * `gitplane status [--watch]`: the whole fleet on one screen. While watching, a terminal shows one region that is drawn
 * anew; elsewhere each change is a line (or an NDJSON object) of its own.
 */
import { sleep } from "../../process/backoff.ts";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { formatRows, printText } from "../../process/output.ts";
import { errorLine } from "../../process/run-program.ts";
import { isColoured } from "../../process/table.ts";
import { filterFleet } from "../fleet/filter.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { openFleet } from "./fleet-access.ts";
import { fleetText } from "./fleet-text.ts";
import { filtersOf, type GetOptions } from "./get.ts";
import { Transcript } from "./transcript.ts";
import { Waiting } from "./waiting.ts";

const watchIntervalMs = 1000;
/** A quicker answer needs nothing before it. */
const patienceMs = 150;

type StatusOptions = GetOptions & { readonly watch?: boolean };

export async function status(options: StatusOptions, signal: AbortSignal): Promise<ExitCode> {
  if (options.watch === true && options.output !== "table" && options.output !== "ndjson") {
    throw new ExitError(exitCodes.usage, "--watch goes with -o table or -o ndjson");
  }
  if (options.watch === true) return await watch(options, signal);
  const fleet = await readOnce(options);
  await printText(
    options.output === "table"
      ? fleetText(fleet, { coloured: isColoured(process.stdout, process.env), nowMs: Date.now() })
      : formatRows([withoutCatalogue(fleet)], { format: options.output, columns: [] }),
    process.stdout,
  );
  return exitCodes.done;
}

/** What `gitplane describe` is for. */
function withoutCatalogue({ catalogue: _catalogue, ...fleet }: Fleet): Omit<Fleet, "catalogue"> {
  return fleet;
}

/** A terminal shows what was known last until there is an answer. */
async function readOnce(options: StatusOptions): Promise<Fleet> {
  using waiting = new Waiting(process.stderr);
  await using reader = await openFleet({ ...options, onProgress: waiting.say });
  const reading = reader.read();
  if (options.output !== "table" || !isScreen()) return filterFleet(await reading, filtersOf(options));
  const { FleetScreen } = await import("./fleet-screen.ts");
  using screen = new FleetScreen(process.stdout);
  const patience = new AbortController();
  const isSlow = await Promise.race([
    reading.then(() => false),
    sleep(patienceMs, patience.signal).then(() => true),
  ]).finally(() => patience.abort());
  const known = isSlow ? await reader.known() : undefined;
  if (known !== undefined) {
    waiting.end();
    screen.show(filterFleet(known.fleet, filtersOf(options)), known.asOf);
  }
  try {
    return filterFleet(await reading, filtersOf(options));
  } finally {
    screen.clear();
  }
}

function isScreen(): boolean {
  return process.stdout.isTTY && process.env["TERM"] !== "dumb";
}

/**
 * A first failure ends the command. A later one is told once and tried again, from finding the control plane on: watching
 * is for seeing things come back, and they may come back elsewhere.
 */
async function watch(options: StatusOptions, signal: AbortSignal): Promise<ExitCode> {
  const isDrawn = options.output === "table" && isScreen();
  using view = isDrawn
    ? new (await import("./fleet-screen.ts")).FleetScreen(process.stdout)
    : new Lines(options.output);
  let isKnown = false;
  while (!signal.aborted) {
    try {
      await using reader = await openFleet(options);
      const known = isKnown || !isDrawn ? undefined : await reader.known();
      if (known !== undefined) view.show(filterFleet(known.fleet, filtersOf(options)), known.asOf);
      while (!signal.aborted) {
        view.show(filterFleet(await reader.read(), filtersOf(options)));
        isKnown = true;
        await sleep(watchIntervalMs, signal).catch(() => undefined);
      }
    } catch (error) {
      if (!isKnown) throw error;
      view.warn(`${errorLine(error, "info")}; trying again`);
      await sleep(watchIntervalMs, signal).catch(() => undefined);
    }
  }
  return exitCodes.interrupted;
}

/** Changes on stdout, warnings on stderr. */
class Lines implements Disposable {
  readonly #transcript: Transcript;
  #warned = "";

  constructor(output: string) {
    this.#transcript = new Transcript(output, (text) => process.stdout.write(text));
  }

  show(fleet: Fleet): void {
    this.#transcript.show(fleet);
    this.#warned = "";
  }

  warn(text: string): void {
    if (text !== this.#warned) process.stderr.write(`${text}\n`);
    this.#warned = text;
  }

  [Symbol.dispose](): void {}
}
