/**
 * What a warning about an object says of its health, in words that hold no output of a program: of a probe's failure only how
 * it failed, since a probe that runs a command is answered with what the command printed.
 */
import type { ObjectEvent } from "../target.ts";

/** Warnings whose message is its component's own, by reason (kubelet, controllers, scheduler, volume controller). */
const ownWords: ReadonlySet<string> = new Set([
  "FailedAttachVolume",
  "FailedBinding",
  "FailedCreate",
  "FailedCreatePodSandBox",
  "FailedMount",
  "FailedScheduling",
  "ProvisioningFailed",
]);

const longestMessage = 300;

/** The newest of these warnings that explains anything; undefined when none does. */
export function sayEvents(events: readonly ObjectEvent[]): string | undefined {
  for (const { reason, message } of events) {
    const said = reason === "Unhealthy" ? sayProbe(message) : undefined;
    if (said !== undefined) return said;
    if (ownWords.has(reason)) return `${reason}: ${cut(message)}`;
  }
  return undefined;
}

/** How the kubelet begins (`pkg/kubelet/prober`): `Readiness probe failed: …`. */
const probe = /^(Readiness|Liveness|Startup) probe (failed|errored|warning)/;

const causes: readonly (readonly [pattern: RegExp, says: (match: RegExpExecArray) => string])[] = [
  [/HTTP probe failed with statuscode: (\d{3})$/, ([, code = ""]) => `HTTP status ${code}`],
  [/connect: connection refused$/, () => "connection refused"],
  [/connect: no route to host$/, () => "no route to host"],
  [/(?:context deadline exceeded|i\/o timeout|timed out|Client\.Timeout exceeded)/, () => "no answer in time"],
  [/service unhealthy \(responded with "NOT_SERVING"\)$/, () => "NOT_SERVING"],
];

function sayProbe(message: string): string | undefined {
  const kind = probe.exec(message)?.[1];
  if (kind === undefined) return undefined;
  for (const [pattern, says] of causes) {
    const match = pattern.exec(message);
    if (match !== null) return `its ${kind.toLowerCase()} probe fails: ${says(match)}`;
  }
  return `its ${kind.toLowerCase()} probe fails`;
}

function cut(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)} …`.toWellFormed();
}
