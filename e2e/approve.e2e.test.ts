/** Invariant 4 from end to end: an agent holds, a person approves by a commit, the control plane carries it, the agent goes on. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlaneId } from "../schemas/layout.ts";
import { cellNamespace, cellObjectName } from "../schemas/names.ts";
import type { PlaneReceipt } from "../schemas/receipt.ts";
import { auditOffset, readAudit } from "./clusters/audit.ts";
import { poll } from "./clusters/poll.ts";
import { runControl } from "./platform/control-plane.ts";
import { expectFreshRender } from "./platform/fresh-render.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  readReceipts,
  sharedAuditLog,
  sharedKubeconfig,
  testAuthor,
  type TestPlatform,
  waitForStateCommit,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const organization = "approve";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const namespace = cellNamespace({ organization, project: "shop", environment: "development" });
const policy = `networkpolicies/${cellObjectName({ organization, project: "shop", environment: "development" })}`;
const signal = new AbortController().signal;

describe.skipIf(sharedKubeconfig === undefined || sharedAuditLog === undefined)("approving a Hold", () => {
  let platform: TestPlatform;
  let auditedFrom: number;

  beforeAll(async () => {
    auditedFrom = await auditOffset(sharedAuditLog ?? "");
    platform = await openTestPlatform();
    for (const [path, text] of smallPlatform(organization)) await platform.specs.write(path, text);
    for (const project of ["shop", "ops"]) {
      const component = { name: "api", image: "example.test/api:1", project };
      await platform.specs.write(componentPath("api", project), componentFile(organization, component));
    }
    await platform.specs.commit("Begin");
    await platform.specs.push();
    await platform.startAgent(plane);
    await waitUntilApplied(platform, plane);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
  });

  async function gitplane(...args: readonly string[]) {
    const result = await runControl(platform.control, args, signal);
    if (result.kind !== "exited") throw new Error(`gitplane ${args.join(" ")} did not end`);
    return result;
  }

  async function waitForAgent(accept: (receipt: PlaneReceipt) => boolean): Promise<PlaneReceipt> {
    return await poll({
      what: "the agent's word",
      timeoutMs: 60_000,
      signal,
      probe: async () => {
        const { plane: own } = await readReceipts(platform, plane);
        return own !== undefined && accept(own) ? own : undefined;
      },
    });
  }

  async function deletedByAgent(): Promise<readonly string[]> {
    const window = { auditLogPath: sharedAuditLog ?? "", sinceBytes: auditedFrom };
    const requests = await readAudit({ ...window, userAgentPrefix: "gitplane-agent", verb: "delete" });
    return requests
      .filter(({ userAgent }) => userAgent.includes(`data.${organization}.main`))
      .map(({ url }) => (url.split("?")[0] ?? "").split("/").slice(-2).join("/"));
  }

  test("C10 C14 a namespace is held, approved by a person's commit, carried to its plane, and then deleted", async () => {
    await platform.specs.git("rm", "--quiet", componentPath("api", "shop"));
    await waitForStateCommit(platform, plane, await pushCommit("Remove the shop's api"));
    const { holds = [] } = await waitForAgent((own) => (own.holds ?? []).length > 0);
    const [hold] = holds;
    expect(holds).toMatchObject([{ steps: [{ action: "prune", id: `Namespace/${namespace}` }] }]);
    const hash = hold?.hash ?? "";
    expect((await deletedByAgent()).toSorted()).toEqual(["deployments/api", policy, "services/api"]);

    const command = `gitplane approve ${hash.slice(0, 12)}`;
    const row = {
      plane: `data/${organization}/main`,
      hash,
      steps: 1,
      isApproved: false,
      reason: hold?.reason,
      command,
    };
    expect(JSON.parse((await gitplane("get", "holds", "-o", "json")).stdout)).toEqual([row]);
    expect((await gitplane("status")).stdout).toContain(command);

    const person = `${testAuthor.name} <${testAuthor.mail}>`;
    expect(await gitplane("approve", "ffffffff", "--yes")).toMatchObject({ exitCode: 2 });
    expect(await gitplane("approve", hash.slice(0, 6), "--author", person)).toMatchObject({
      exitCode: 2,
      stdout: expect.stringContaining(`prune  Namespace/${namespace}`) as string,
      stderr: expect.stringContaining("say --yes to approve") as string,
    });
    const given = ["approve", hash.slice(0, 8), "--yes", "--author", person, "--reason", "The shop is closed."];
    expect(await gitplane(...given)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Committed") as string,
    });
    await waitForAgent((own) => own.holds === undefined);
    await poll({
      what: "the end of the namespace",
      timeoutMs: 60_000,
      signal,
      probe: async () =>
        (await platform.cluster.find(`/api/v1/namespaces/${namespace}`)) === undefined ? true : undefined,
    });
    expect((await deletedByAgent()).toSorted()).toEqual([
      "deployments/api",
      `namespaces/${namespace}`,
      policy,
      "services/api",
    ]);
    expect(JSON.parse((await gitplane("get", "holds", "-o", "json")).stdout)).toEqual([]);

    await platform.specs.git("pull", "--quiet", "--ff-only", "origin", "main");
    expect(await platform.specs.git("log", "-1", "--format=%an <%ae>%n%B")).toBe(
      `${person}\nApprove 1 step on data/${organization}/main\n\nThe shop is closed.\n\n`,
    );
    const repository = await platform.planeRepository(plane);
    const published = { repository, plane };
    await expectFreshRender(published, { specs: platform.specs.folder, folder: platform.folder });

    await platform.specs.git("rm", "--quiet", "-r", ".gitplane/approvals");
    await waitForStateCommit(platform, plane, await pushCommit("Take the approval back"));
    await expectFreshRender(published, { specs: platform.specs.folder, folder: platform.folder });
  });

  async function pushCommit(message: string): Promise<string> {
    const commit = await platform.specs.commit(message);
    await platform.specs.push();
    return commit;
  }
});
