/** Invariant 5: any number of control planes over one set of repositories, on a Git server elsewhere or on one data folder. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openNativeRepository } from "../git/native/open.ts";
import { type PlaneId, planePath } from "../schemas/layout.ts";
import { poll } from "./clusters/poll.ts";
import { Rounds } from "./faults/round.ts";
import { startControlPlane } from "./platform/control-plane.ts";
import { expectFreshRender, expectOneLine } from "./platform/fresh-render.ts";
import { nodeProgram } from "./platform/node-program.ts";
import {
  linesOf,
  openRemotePlatform,
  remoteAuthor,
  type RemotePlatform,
  waitForLine,
  waitForTip,
} from "./platform/remote-platform.ts";
import { openSpecsCheckout } from "./platform/specs-checkout.ts";
import { TestProcesses } from "./platform/test-processes.ts";

const organization = "far";
const plane: PlaneId = { kind: "data", organization, name: "main" };

async function expectConverged(platform: RemotePlatform, specs: string): Promise<void> {
  await waitForTip(platform, plane, specs);
  const published = { repository: platform.stateRepository, plane };
  await expectFreshRender(published, { specs: platform.specs.folder, folder: platform.folder });
}

test("two control planes render into one state repository of another Git server", async () => {
  await using platform = await openRemotePlatform();
  const rounds = new Rounds(platform.specs, organization);
  await rounds.begin();
  await platform.specs.push();
  await platform.startControl("first");
  await platform.startControl("second");
  for (let round = 0; round < 4; round += 1) {
    const specs = await rounds.next();
    await platform.specs.push();
    await expectConverged(platform, specs);
  }
  await platform.processes.kill("first");
  const last = await rounds.next();
  await platform.specs.push();
  await expectConverged(platform, last);
  const log = await platform.processes.log("second");
  expect(log).toContain("whoever may read one of them there may read them all");
  expect(log).not.toMatch(/a-token-of-the-tests|"level":"error"/);
  const { exitCode, stdout } = await platform.gitplane("get", "planes", "-o", "json");
  expect({ exitCode, plane: JSON.parse(stdout)[0] }).toMatchObject({ exitCode: 0, plane: { plane: planePath(plane) } });
});

test("an idle round asks each repository once", async () => {
  await using platform = await openRemotePlatform();
  const rounds = new Rounds(platform.specs, organization);
  const specs = await rounds.begin();
  await platform.specs.push();
  await platform.startControl("only", { poll: "1s" });
  await waitForTip(platform, plane, specs);
  await waitForLine(platform.processes, "only", /"published"/);
  platform.server.requests.length = 0;
  const lists = (): number => platform.server.requests.filter(({ url }) => url.includes("specs.git/")).length;
  await poll({
    what: "five idle rounds",
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    probe: async () => (lists() >= 5 ? true : undefined),
  });
  const state = platform.server.requests.filter(({ url }) => url.includes("state.git/")).length;
  // One of them may be of a round that is under way.
  expect(state).toBeLessThanOrEqual(lists() + 1);
});

test("two control planes on one data folder live beside each other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gitplane-beside-"));
  await using closing = new AsyncDisposableStack();
  closing.defer(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const processes = closing.use(new TestProcesses(join(folder, "logs")));
  const dataDir = join(folder, "data");
  const signal = AbortSignal.timeout(180_000);
  const control = await startControlPlane({ group: processes, dataDir, signal });
  const specs = await openSpecsCheckout({ control, folder: join(folder, "specs"), author: remoteAuthor, signal });
  const beside = nodeProgram({
    name: "beside",
    entry: "control/main.ts",
    arguments: ["serve", "--data", dataDir, "--port", "0", "--poll", "200ms", "--machine-commits", "off"],
  });
  await processes.start(beside);
  await waitForLine(processes, "beside", /the control plane is ready/);
  const address = JSON.parse(await readFile(join(dataDir, "address.json"), "utf8"));
  expect(address.pid).toBe(processes.pids.get("beside"));
  const rounds = new Rounds(specs, organization);
  await rounds.begin();
  await specs.push();
  let head = "";
  for (let round = 0; round < 4; round += 1) {
    head = await rounds.next();
    await specs.push();
  }
  const path = join(dataDir, "repositories", "planes", `${planePath(plane)}.git`);
  const repository = closing.use(await openNativeRepository({ path }));
  await waitForTip({ stateRepository: repository, processes }, plane, head);
  await expectFreshRender({ repository, plane }, { specs: specs.folder, folder });
  expect([...processes.pids.keys()].toSorted()).toEqual(["beside", "control-plane"]);
  await processes.stop("control-plane");
  const next = await rounds.next();
  const other = { control: { ...control, url: address.url }, folder: specs.folder, author: remoteAuthor, signal };
  await (await openSpecsCheckout(other)).push();
  await waitForTip({ stateRepository: repository, processes }, plane, next);
  await expectOneLine({ repository, plane });
  expect(linesOf(await processes.log("beside"), /"level":"error"/)).toEqual([]);
  expect(JSON.parse(await readFile(join(dataDir, "address.json"), "utf8")).pid).toBe(processes.pids.get("beside"));
});
