import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureBareRepository } from "./bare-repository.ts";
import { hostFolders } from "./host-folders.ts";
import { HostUpkeep } from "./host-upkeep.ts";
import { eu, git, openHostFixture } from "./host-fixture.contract.ts";
import { openLog } from "../../process/log.ts";

describe("ensureBareRepository", () => {
  it("makes a whole repository beside what a crash left, which then goes", async () => {
    await using fixture = await openHostFixture();
    const folders = hostFolders(join(fixture.folder, "data"));
    const parent = join(folders.repositories, "planes", "data", "default");
    await mkdir(join(parent, ".unfinished-0123", "objects"), { recursive: true });
    const path = await ensureBareRepository(folders, { kind: "plane", plane: eu });
    expect(await git(["--git-dir", path, "fsck"])).toMatchObject({ code: 0 });
    const upkeep = new HostUpkeep(folders, openLog({ level: "silent" }), new AbortController().signal);
    await upkeep.clean(0, Date.now() + 1_000_000);
    expect(await readdir(parent)).toEqual(["eu.git"]);
  });

  it("is cleaned however broken its neighbour is", async () => {
    await using fixture = await openHostFixture();
    const folders = hostFolders(join(fixture.folder, "data"));
    const parent = join(folders.repositories, "planes", "data", "default");
    await mkdir(join(parent, "broken.git"), { recursive: true });
    const path = await ensureBareRepository(folders, { kind: "plane", plane: eu });
    await writeFile(join(path, "packed-refs.lock"), "");
    const upkeep = new HostUpkeep(folders, openLog({ level: "silent" }), new AbortController().signal);
    await upkeep.clean(0, Date.now() + 1_000_000);
    expect(await readdir(path)).not.toContain("packed-refs.lock");
  });

  it("gives what is in it to nobody else on the machine", async () => {
    await using fixture = await openHostFixture();
    const { path } = await fixture.host.ensurePlaneRepository(eu);
    await chmod(path, 0o755);
    const planes = join(path, "..");
    const { stat } = await import("node:fs/promises");
    expect((await stat(planes)).mode & 0o077).toBe(0);
    expect(await git(["--git-dir", path, "config", "--get-all", "uploadpack.hideRefs"])).toMatchObject({
      stdout: "refs\n!refs/heads/planes/data/default/eu\n!refs/heads/receipts/data/default/eu\n",
    });
  });
});
