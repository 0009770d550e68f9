/** `gitplane recover`: what stopped after history was lost, what going on means, and a person's commit that says to go on. */
import { exitCodes, type ExitCode, ExitError } from "../../process/exit-codes.ts";
import { printText } from "../../process/output.ts";
import { sanitize } from "../../process/sanitize.ts";
import { parsePlane, planePath } from "../../schemas/layout.ts";
import { commitRecoveries } from "../recover/commit-recoveries.ts";
import { diagnose, type Diagnosis, type Finding, mostShown } from "../recover/diagnose.ts";
import type { AccessOptions } from "./access.ts";
import { type FleetReader, openFleet } from "./fleet-access.ts";
import { findPerson, isWanted } from "./person.ts";

export type RecoverOptions = AccessOptions & {
  readonly plane?: string;
  readonly yes?: boolean;
  readonly author?: string;
};

type Recoverable = Extract<Finding, { kind: "recoverable" }>;

export async function recover(options: RecoverOptions, signal: AbortSignal): Promise<ExitCode> {
  await using fleet = await openFleet(options);
  const diagnosis = await lookAt(fleet, options);
  await printText(report(diagnosis), process.stdout);
  const recoverable = diagnosis.findings.filter((finding) => finding.kind === "recoverable");
  const isLeft = diagnosis.findings.some(({ kind }) => kind === "undecided");
  const ending = isLeft ? exitCodes.held : exitCodes.done;
  if (recoverable.length === 0 || diagnosis.head === undefined) return ending;
  const author = await findPerson(options.author);
  const question = `Recover as told, by a commit of ${sanitize(author.name)} to the specs repository?`;
  if (!(await isWanted(options, { question, wanted: "recover", signal }))) {
    await printText("Nothing was changed.\n", process.stderr);
    return exitCodes.held;
  }
  const decision = {
    recoveries: recoverable.map(({ recovery }) => recovery),
    head: diagnosis.head,
    author,
    nowSeconds: Math.floor(Date.now() / 1000),
  };
  const committed = await fleet.ask(({ specs }) => commitRecoveries(specs, decision));
  if (committed === undefined) {
    const message = "the specs branch moved meanwhile, and nothing was changed; look again with `gitplane recover`";
    throw new ExitError(exitCodes.failed, message);
  }
  const next = "The control plane publishes at its next look; `gitplane status --watch` shows it.";
  await printText(`Committed ${committed} as ${sanitize(author.name)}. ${next}\n`, process.stdout);
  return ending;
}

async function lookAt(fleet: FleetReader, { plane }: RecoverOptions): Promise<Diagnosis> {
  const diagnosis = await fleet.ask(diagnose);
  if (plane === undefined) return diagnosis;
  const wanted = parsePlane(plane);
  const name = wanted && planePath(wanted);
  if (name === undefined || !diagnosis.planes.includes(name)) {
    const known = diagnosis.planes.length === 0 ? "there is none" : `there are ${diagnosis.planes.join(", ")}`;
    throw new ExitError(exitCodes.usage, `the specs declare no plane ${sanitize(plane)}; ${known}`);
  }
  return { ...diagnosis, findings: diagnosis.findings.filter((finding) => finding.plane === name) };
}

function report({ head, stop, planes, findings }: Diagnosis): string {
  if (head === undefined) return "The specs repository has no commit on main: push the specs there first.\n";
  const stopped =
    stop === undefined ? [] : [`Nothing is published from specs ${head.slice(0, 10)}, recovered or not: ${stop}`];
  if (findings.length === 0) {
    const count = `${planes.length} ${planes.length === 1 ? "plane" : "planes"}`;
    return [...stopped, `Nothing needs recovering: ${count} looked at.`].map((line) => `${sanitize(line)}\n`).join("");
  }
  const lines = [...stopped, ...findings.flatMap((finding) => [...describe(finding, head), ""])];
  return lines.map((line) => `${sanitize(line)}\n`).join("");
}

function describe(finding: Finding, head: string): readonly string[] {
  const first = `${finding.plane}: ${finding.wrong}`;
  switch (finding.kind) {
    case "waiting":
      return [first];
    case "undecided":
      return [first, "  A person must decide what to do about it: nothing is recovered here."];
    case "recoverable":
      return [first, ...lostLines(finding), ...meaningOf(finding, head)];
  }
}

function lostLines({ lostCommits }: Recoverable): readonly string[] {
  if (lostCommits.length === 0) return [];
  const shown = lostCommits
    .slice(0, mostShown)
    .map(({ oid, subject, author }) => `    ${oid.slice(0, 10)} ${subject} (${author.name})`);
  return ["  lost:", ...shown, ...(lostCommits.length > mostShown ? ["    and more"] : [])];
}

function meaningOf({ recovery }: Recoverable, head: string): readonly string[] {
  if (recovery.from === "rewritten-specs") {
    return [
      `  Recovering means: publishing goes on with specs ${head.slice(0, 10)}. What only the lost commits held leaves the plane; beyond`,
      "  its prune budget the agent holds that until it is approved.",
      `  Instead, to keep the lost commits: push them to main again (git push <specs repository> ${recovery.specsCommit}:main).`,
    ];
  }
  return [
    `  Recovering means: the control plane publishes the Releases of specs ${head.slice(0, 10)} above sequence ${recovery.sequence}, naming the lost`,
    "  revision, and the agent goes on from there. What the lost revision held and these do not is pruned, within the budget.",
    "  Instead, to keep the lost revisions: restore a newer backup of the state repository.",
  ];
}
