/** Invariants 5 and 6: lost history stops what would have to guess, and `gitplane recover` lets it go on. */
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type PlaneId, planePath, planeRef } from "../schemas/layout.ts";
import { readTrailers } from "../schemas/trailers.ts";
import { auditOffset, readAudit } from "./clusters/audit.ts";
import { poll } from "./clusters/poll.ts";
import { runCommand } from "./clusters/run-command.ts";
import { controlProgram, waitForControlPlane } from "./platform/control-plane.ts";
import { expectFreshRender } from "./platform/fresh-render.ts";
import { liveObjects } from "./platform/live-objects.ts";
import { programEnvironment, sourcePath } from "./platform/node-program.ts";
import {
  linesOf,
  openRemotePlatform,
  personEnvironment,
  remoteAuthor,
  waitForLine,
  waitForTip,
} from "./platform/remote-platform.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import type { SpecsCheckout } from "./platform/specs-checkout.ts";
import {
  openTestPlatform,
  readReceipts,
  sharedAuditLog,
  sharedKubeconfig,
  waitForStateCommit,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const planeOf = (organization: string): PlaneId => ({ kind: "data", organization, name: "main" });

/** Commits the platform (the first time) and the component `api` with this image. */
async function commitImage(specs: SpecsCheckout, organization: string, number: number): Promise<string> {
  for (const [path, text] of smallPlatform(organization)) await specs.write(path, text);
  const image = `example.test/api:${number}`;
  await specs.write(componentPath("api"), componentFile(organization, { name: "api", image }));
  return specs.commit(`Image ${number}`);
}

const pause = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("a rewritten specs branch stops every control plane with a word, and goes on once a person recovered", async () => {
  await using platform = await openRemotePlatform();
  const { specs, gitplane, processes } = platform;
  const plane = planeOf("rewritten");
  const kept = await commitImage(specs, "rewritten", 1);
  await specs.push();
  await platform.startControl("first");
  await platform.startControl("second");
  const lost = await commitImage(specs, "rewritten", 2);
  await specs.push();
  await waitForTip(platform, plane, lost);
  expect(await gitplane("recover")).toMatchObject({
    exitCode: 0,
    stdout: "Nothing needs recovering: 1 plane looked at.\n",
  });

  await specs.git("reset", "--quiet", "--hard", kept);
  await commitImage(specs, "rewritten", 3);
  await specs.git("push", "--quiet", "--force", "origin", "HEAD:main");
  for (const name of ["first", "second"]) await waitForLine(processes, name, /rewritten or turned back/);
  await pause(2000);
  for (const name of ["first", "second"]) {
    expect(linesOf(await processes.log(name), /"not published"/)).toHaveLength(1);
  }
  const stopped = await platform.stateRepository.readCommit(
    (await platform.stateRepository.readRef(planeRef(plane))) ?? "",
  );
  expect(readTrailers(stopped.trailers)?.specsCommit).toBe(lost);
  expect((await gitplane("get", "planes")).stdout).toMatch(
    /nothing is published: .*specs branch was rewritten.*`gitplane recover`/,
  );

  expect(await gitplane("recover")).toMatchObject({
    exitCode: 2,
    stdout: expect.stringMatching(
      /data\/rewritten\/main: its branch was rendered from specs .*\n {2}lost:\n {4}\w{10} Image 2 \(Ada Author\)/,
    ),
    stderr: expect.stringContaining("--yes"),
  });
  expect(await gitplane("recover", "--plane", "data/rewritten/other", "--yes")).toMatchObject({ exitCode: 2 });
  expect(await gitplane("recover", "--yes")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("Committed"),
  });
  await specs.git("pull", "--quiet", "--ff-only", "origin", "main");
  const recovered = (await specs.git("rev-parse", "HEAD")).trim();
  expect((await specs.git("log", "-1", "--format=%an <%ae>")).trim()).toBe(
    `${remoteAuthor.name} <${remoteAuthor.mail}>`,
  );
  await waitForTip(platform, plane, recovered);
  const published = { repository: platform.stateRepository, plane };
  await expectFreshRender(published, { specs: specs.folder, folder: platform.folder });
  expect(await gitplane("recover")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Nothing needs") });
  const next = await commitImage(specs, "rewritten", 4);
  await specs.push();
  await waitForTip(platform, plane, next);
  await expectFreshRender(published, { specs: specs.folder, folder: platform.folder });
  expect(linesOf(await processes.log("first"), /"not published"/)).toHaveLength(1);
});

test("what a person must decide is left to the person", async () => {
  await using platform = await openRemotePlatform();
  const plane = planeOf("foreign");
  const specsHead = await commitImage(platform.specs, "foreign", 1);
  await platform.specs.push();
  await platform.startControl("only");
  const tip = await waitForTip(platform, plane, specsHead);
  const ada = { ...remoteAuthor };
  const foreign = await platform.stateRepository.commit({
    parent: tip.oid,
    changes: new Map([["notes.txt", Buffer.from("by hand")]]),
    message: "Fix it by hand",
    author: ada,
    committer: ada,
    committedAtSeconds: 1_700_000_000,
  });
  await platform.stateRepository.push(planeRef(plane), { expect: tip.oid, next: foreign });
  await waitForLine(platform.processes, "only", /was not written by a control plane/);
  expect(await platform.gitplane("recover", "--yes")).toMatchObject({
    exitCode: 4,
    stdout: expect.stringMatching(/was not written by a control plane[\s\S]*A person must decide/),
  });
  expect(await platform.specsRepository.readRef("refs/heads/main")).toBe(specsHead);
});

describe.skipIf(sharedKubeconfig === undefined)("a plane's repository that an older backup took the place of", () => {
  test("C15 is refused by the agent, recovered by a person, and nothing is deleted", { timeout: 300_000 }, async () => {
    const organization = "restored";
    const plane = planeOf(organization);
    const auditedFrom = sharedAuditLog === undefined ? 0 : await auditOffset(sharedAuditLog);
    await using platform = await openTestPlatform();
    const { specs, processes, control } = platform;
    await commitImage(specs, organization, 1);
    await specs.push();
    await platform.startAgent(plane);
    await waitUntilApplied(platform, plane);
    const repositoryPath = join(control.dataDir, "repositories", "planes", `${planePath(plane)}.git`);
    const backup = join(platform.folder, "backup.git");
    await cp(repositoryPath, backup, { recursive: true });
    for (const number of [2, 3]) {
      await commitImage(specs, organization, number);
      await specs.push();
      await waitUntilApplied(platform, plane);
    }
    const before = await liveObjects(platform.cluster, plane);
    const applied = (await readReceipts(platform, plane)).plane;

    await processes.stop(controlProgram);
    await rm(repositoryPath, { recursive: true });
    await cp(backup, repositoryPath, { recursive: true });
    await processes.startAgain(controlProgram);
    await waitForControlPlane(processes, control.dataDir, AbortSignal.timeout(20_000));
    const next = await commitImage(specs, organization, 4);
    await specs.push();
    await waitForStateCommit(platform, plane, next);
    const refused = await poll({
      what: "the agent's refusal",
      timeoutMs: 90_000,
      signal: new AbortController().signal,
      probe: async () => (await readReceipts(platform, plane).catch(() => undefined))?.plane?.refused,
    });
    expect(refused.reason).toBe(`it does not descend from ${applied?.appliedRevision}`);

    const home = join(platform.folder, "home");
    await mkdir(home);
    const gitplane = async (...args: readonly string[]) =>
      runCommand({
        command: process.execPath,
        arguments: [sourcePath("control/main.ts"), ...args, "--data", control.dataDir],
        environment: { ...programEnvironment(), ...personEnvironment(home) },
        signal: AbortSignal.timeout(60_000),
      });
    expect(await gitplane("get", "planes")).toMatchObject({
      stdout: expect.stringMatching(/the branch has lost revision .* until `gitplane recover`/),
    });
    expect(await gitplane("recover", "--yes")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /its agent has applied revision .* \(sequence 3\), and its branch is at .* as after a restored backup[\s\S]*Committed/,
      ),
    });
    await waitUntilApplied(platform, plane);
    const receipts = await readReceipts(platform, plane);
    expect(receipts.plane).toMatchObject({ sequence: 4 });
    expect(receipts.plane?.refused).toBeUndefined();
    const after = await liveObjects(platform.cluster, plane);
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    expect(await gitplane("recover")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Nothing needs") });
    await specs.git("pull", "--quiet", "--ff-only", "origin", "main");
    await commitImage(specs, organization, 5);
    await specs.push();
    await waitUntilApplied(platform, plane);
    if (sharedAuditLog === undefined) return;
    const audit = {
      auditLogPath: sharedAuditLog,
      sinceBytes: auditedFrom,
      userAgentPrefix: "gitplane-agent",
      verb: "delete",
    };
    const deletes = (await readAudit(audit)).filter(({ userAgent }) => userAgent.includes(organization));
    expect(deletes).toEqual([]);
  });
});
