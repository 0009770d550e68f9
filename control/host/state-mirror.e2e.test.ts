import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planeRef, receiptsRef } from "../../schemas/layout.ts";
import { listRefs } from "./git-program.ts";
import {
  commitFile,
  eu,
  git,
  openHostFixture,
  publish,
  us,
  workTree,
  type HostFixture,
} from "./host-fixture.contract.ts";
import type { Host } from "./start-host.ts";

let fixture: HostFixture;
let host: Host;
let euPath = "";
let work = "";

beforeAll(async () => {
  fixture = await openHostFixture();
  host = fixture.host;
  euPath = (await host.ensurePlaneRepository(eu)).path;
  work = await workTree(fixture.folder);
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

describe("mirrorPlane", () => {
  it("does nothing for a plane without refs, then copies both of its refs", async () => {
    await host.mirrorPlane(eu);
    expect(await listRefs(host.state.path, ["refs"])).toEqual(new Map());
    const oid = await commitFile(work, "1\n");
    await publish(euPath, planeRef(eu), work);
    await publish(euPath, receiptsRef(eu), work);
    await host.mirrorPlane(eu);
    expect(await listRefs(host.state.path, ["refs"])).toEqual(
      new Map([
        [planeRef(eu), oid],
        [receiptsRef(eu), oid],
      ]),
    );
  });

  it("copies no other ref that may lie in a plane's repository", async () => {
    await git(["--git-dir", euPath, "update-ref", planeRef(us), planeRef(eu)]);
    await git(["--git-dir", euPath, "update-ref", `${receiptsRef(eu)}2`, planeRef(eu)]);
    await commitFile(work, "2\n");
    await publish(euPath, planeRef(eu), work);
    await host.mirrorPlane(eu);
    expect([...(await listRefs(host.state.path, ["refs"])).keys()]).toEqual([planeRef(eu), receiptsRef(eu)]);
  });

  it("has the newest for everyone who asked during a burst", async () => {
    for (const content of ["3\n", "4\n", "5\n"]) {
      await commitFile(work, content);
      await publish(euPath, planeRef(eu), work);
      host.announce(planeRef(eu), "ignored", { kind: "agent", plane: eu });
    }
    await Promise.all([host.mirrorPlane(eu), host.mirrorPlane(eu), host.mirrorPlane(eu)]);
    const [ours, theirs] = await Promise.all([host.state.path, euPath].map((path) => listRefs(path, [planeRef(eu)])));
    expect(ours?.get(planeRef(eu))).toBe(theirs?.get(planeRef(eu)));
  });

  it("follows a plane's repository that a backup took the place of, and keeps what was undone", async () => {
    const before = (await listRefs(host.state.path, [planeRef(eu)])).get(planeRef(eu)) ?? "";
    await git(["--git-dir", euPath, "update-ref", planeRef(eu), `${planeRef(eu)}~1`]);
    await host.mirrorPlane(eu);
    const theirs = await listRefs(euPath, [planeRef(eu)]);
    expect(theirs.get(planeRef(eu))).not.toBe(before);
    expect(await listRefs(host.state.path, [planeRef(eu)])).toEqual(theirs);
    expect(await listRefs(host.state.path, ["refs/lost"])).toEqual(new Map([[`refs/lost/${before}`, before]]));
  });

  it("does not pass off a repository that cannot be read for a backup", async () => {
    const before = await listRefs(host.state.path, ["refs"]);
    await commitFile(work, "6\n");
    await publish(euPath, planeRef(eu), work);
    const [moved = ""] = [...(await listRefs(euPath, [planeRef(eu)])).values()];
    await rm(join(euPath, "objects", moved.slice(0, 2), moved.slice(2)));
    await expect(host.mirrorPlane(eu)).rejects.toThrow("git fetch");
    expect(await listRefs(host.state.path, ["refs/heads"])).toEqual(
      new Map([...before].filter(([ref]) => ref.startsWith("refs/heads/"))),
    );
  });
});
