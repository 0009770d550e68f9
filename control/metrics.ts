/** The counts of the reconcile loop, as Prometheus reads them. */
import { Counter, Histogram, type Registry } from "prom-client";
import { GitError, type Oid, type Repository } from "../git/repository.ts";
import { openRegistry } from "../process/metrics.ts";
import type { Reconciliation } from "./reconcile.ts";
import type { Round } from "./reconcile-loop.ts";

export type ControlMetrics = {
  /** Adds what a round did. Never throws. */
  readonly observe: (round: Round, specs: Pick<Repository, "log">) => Promise<void>;
  readonly text: () => Promise<string>;
};

/** `name` is the process', for what is measured of it. */
export function openControlMetrics(name: string): ControlMetrics {
  const registry = openRegistry(name);
  const counters = openCounters(registry);
  let rendered: Oid | undefined;
  return {
    observe: async (round, specs) => {
      counters.rounds.inc({ result: resultOf(round) });
      counters.roundSeconds.observe(round.ms / 1000);
      if (round.kind !== "reconciled") return;
      const { revision, planes, counts } = round.reconciliation;
      counters.blobsRead.inc(counts.blobsRead);
      counters.documentsChecked.inc(counts.checked);
      counters.releasesRendered.inc(counts.rendered);
      counters.releasesRecalled.inc(counts.recalled);
      counters.filesWritten.inc(counts.filesWritten);
      counters.commits.inc(planes.filter(({ publication }) => publication.kind === "published").length);
      if (rendered !== undefined && rendered !== revision)
        counters.commitsFolded.inc(await countCommits(specs, { from: rendered, to: revision }));
      rendered = revision;
    },
    text: async () => registry.metrics(),
  };
}

type Counters = Readonly<
  Record<
    | "blobsRead"
    | "documentsChecked"
    | "releasesRendered"
    | "releasesRecalled"
    | "filesWritten"
    | "commits"
    | "commitsFolded",
    Counter
  >
> & { readonly rounds: Counter<"result">; readonly roundSeconds: Histogram };

function openCounters(registry: Registry): Counters {
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] });
  return {
    blobsRead: counter("gitplane_specs_blobs_read_total", "Blobs read from the specs repository."),
    documentsChecked: counter("gitplane_documents_checked_total", "Checks of single documents."),
    releasesRendered: counter("gitplane_releases_rendered_total", "Releases rendered, or found to be impossible."),
    releasesRecalled: counter(
      "gitplane_releases_recalled_total",
      "Releases known by what they are made of, and not rendered.",
    ),
    filesWritten: counter("gitplane_state_files_written_total", "Files written to branches of planes."),
    commits: counter("gitplane_state_commits_total", "Commits published to branches of planes."),
    commitsFolded: counter(
      "gitplane_specs_commits_folded_total",
      "Commits of the specs from one rendered head to the next.",
    ),
    rounds: new Counter({
      name: "gitplane_rounds_total",
      help: "Rounds of the reconcile loop.",
      labelNames: ["result"],
      registers: [registry],
    }),
    roundSeconds: new Histogram({
      name: "gitplane_round_seconds",
      help: "How long rounds of the reconcile loop took.",
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers: [registry],
    }),
  };
}

function resultOf(round: Round): string {
  return round.kind === "reconciled" ? resultOfPlanes(round.reconciliation) : round.kind;
}

/** The worst that came of any plane. */
function resultOfPlanes({ stop, planes }: Reconciliation): string {
  if (stop !== undefined) return "stopped";
  const kinds = new Set(planes.map(({ publication }) => publication.kind));
  const order = ["failed", "refused", "superseded", "published"] as const;
  return order.find((kind) => kinds.has(kind)) ?? "unchanged";
}

const mostCommits = 10_000;

/** None where they cannot be read: what is wrong with the repository, the rounds say. */
async function countCommits(
  specs: Pick<Repository, "log">,
  range: { readonly from: Oid; readonly to: Oid },
): Promise<number> {
  try {
    return (await specs.log({ ...range, limit: mostCommits })).length;
  } catch (error) {
    if (error instanceof GitError) return 0;
    throw error;
  }
}
