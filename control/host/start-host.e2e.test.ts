import { createHash } from "node:crypto";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planeRef, receiptsRef, type PlaneId } from "../../schemas/layout.ts";
import type { Push } from "./serve-git.ts";
import {
  basic,
  commitFile,
  eu,
  git,
  openHostFixture,
  publish,
  us,
  workTree,
  type Login,
  type HostFixture,
} from "./host-fixture.contract.ts";
import { startHost, type Host } from "./start-host.ts";

let fixture: HostFixture;
let host: Host;
let euAccess: Awaited<ReturnType<Host["ensurePlaneRepository"]>>;
let usAccess: Awaited<ReturnType<Host["ensurePlaneRepository"]>>;
let euCommit = "";
let usCommit = "";
const pushes: Push[] = [];
let onNextPush: (() => void) | undefined;

beforeAll(async () => {
  fixture = await openHostFixture({
    onPush: (push) => {
      pushes.push(push);
      onNextPush?.();
    },
  });
  host = fixture.host;
  euAccess = await host.ensurePlaneRepository(eu);
  usAccess = await host.ensurePlaneRepository(us);
  const work = await workTree(fixture.folder);
  euCommit = await commitFile(work, "plane: eu\n");
  await publish(euAccess.path, planeRef(eu), work);
  usCommit = await commitFile(work, "plane: us\n");
  await publish(usAccess.path, planeRef(us), work);
  await Promise.all([eu, us].map((plane) => host.mirrorPlane(plane)));
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

/** What stands under a ref of a repository on the disk. */
async function refsOf(path: string): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await git(["--git-dir", path, "for-each-ref", "--format=%(refname) %(objectname)"]);
  return Object.fromEntries(
    stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(" ") as [string, string]),
  );
}

const workTrees = new Map<string, Promise<string>>();

/** A work tree one commit ahead of a ref that has two of its commits; made once for each ref. */
async function pushedTwice(url: string, ref: string, login: Login): Promise<string> {
  const prepare = async (): Promise<string> => {
    const work = await workTree(fixture.folder);
    await git(["-C", work, "pull", "-q", url, ref], login);
    await commitFile(work, "one\n");
    await commitFile(work, "two\n");
    await git(["-C", work, "push", "-q", url, `HEAD:${ref}`], login);
    await commitFile(work, "three\n");
    return work;
  };
  const made = workTrees.get(url) ?? prepare();
  workTrees.set(url, made);
  return await made;
}

/** Does what pushes, and answers what the host's owner then heard. */
async function heardDuring(push: () => Promise<unknown>): Promise<readonly Push[]> {
  pushes.length = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  onNextPush = resolve;
  await Promise.all([push(), promise]);
  return [...pushes];
}

/** Pushes by hand what no git client would send: the commands as they are, and a pack without objects. */
async function pushRaw(url: string, login: Login, commands: readonly string[]): Promise<string> {
  const lines = commands.map((command, index) => `${command}${index === 0 ? "\0 report-status" : ""}\n`);
  const packets = lines.map((line) => (Buffer.byteLength(line) + 4).toString(16).padStart(4, "0") + line);
  const pack = Buffer.from("PACK\0\0\0\u0002\0\0\0\0", "latin1");
  const checksum = createHash("sha1").update(pack).digest();
  const response = await fetch(`${url}/git-receive-pack`, {
    method: "POST",
    headers: { authorization: basic(login), "content-type": "application/x-git-receive-pack-request" },
    body: Buffer.concat([Buffer.from(`${packets.join("")}0000`), pack, checksum]),
  });
  return `${response.status} ${await response.text()}`;
}

describe("people", () => {
  it("clone and push specs, and the host's owner hears of it", async () => {
    const work = await workTree(fixture.folder);
    const first = await commitFile(work, "a: 1\n");
    const heard = await heardDuring(() =>
      git(["-C", work, "push", host.specs.url, "HEAD:refs/heads/main"], host.people),
    );
    expect(heard).toEqual([
      {
        repository: { kind: "specs" },
        principal: { kind: "people" },
        moved: [{ ref: "refs/heads/main", before: "0".repeat(40), oid: first }],
      },
    ]);
    const clone = join(fixture.folder, "clone");
    expect(await git(["clone", "-q", host.specs.url, clone], host.people)).toMatchObject({ code: 0 });
    expect(await readFile(join(clone, "file.yaml"), "utf8")).toBe("a: 1\n");
  });

  it.each([
    { name: "a rewind", refspec: "+HEAD~2:refs/heads/main" },
    { name: "a delete", refspec: ":refs/heads/main" },
    { name: "a tag", refspec: "HEAD:refs/tags/v1" },
    { name: "a replace ref", refspec: "HEAD:refs/replace/0123456789012345678901234567890123456789" },
    { name: "a note", refspec: "HEAD:refs/notes/commits" },
  ])("cannot push $name to specs", async ({ refspec }) => {
    const work = await pushedTwice(host.specs.url, "refs/heads/main", host.people);
    const before = await refsOf(host.specs.path);
    expect(before).toHaveProperty(["refs/heads/main"]);
    expect(await git(["-C", work, "push", "-q", host.specs.url, refspec], host.people)).toMatchObject({ code: 1 });
    expect(await refsOf(host.specs.path)).toEqual(before);
  });

  it("read every plane in the state repository and cannot push there", async () => {
    const { stdout } = await git(["ls-remote", host.state.url], host.people);
    expect(stdout).toBe(`${euCommit}\t${planeRef(eu)}\n${usCommit}\t${planeRef(us)}\n`);
    const work = await workTree(fixture.folder);
    await commitFile(work, "x: 1\n");
    const outcome = await git(["-C", work, "push", host.state.url, "HEAD:refs/heads/x"], host.people);
    expect(outcome.stderr).toContain("403");
  });

  it("do not see a plane's own repository", async () => {
    expect((await git(["ls-remote", euAccess.url], host.people)).stderr).toContain("not found");
  });
});

describe("an agent", () => {
  it("clones its own plane, which is where HEAD points", async () => {
    const clone = join(fixture.folder, "eu-clone");
    expect(await git(["clone", "-q", euAccess.url, clone], euAccess)).toMatchObject({ code: 0 });
    expect(await readFile(join(clone, "file.yaml"), "utf8")).toBe("plane: eu\n");
  });

  it("clones without blobs and then reads one", async () => {
    const clone = join(fixture.folder, "eu-partial");
    expect(await git(["clone", "-q", "--bare", "--filter=blob:none", euAccess.url, clone], euAccess)).toMatchObject({
      code: 0,
    });
    expect((await git(["-C", clone, "show", "HEAD:file.yaml"], euAccess)).stdout).toBe("plane: eu\n");
  });

  it("pushes receipts, which the state repository then has", async () => {
    const work = await workTree(fixture.folder);
    const first = await commitFile(work, "receipt: 1\n");
    const push = ["-C", work, "push", "-q", euAccess.url, `HEAD:${receiptsRef(eu)}`];
    const heard = await heardDuring(() => git(push, euAccess));
    expect(heard).toMatchObject([
      { repository: { kind: "plane", plane: eu }, principal: { kind: "agent", plane: eu } },
    ]);
    await host.mirrorPlane(eu);
    expect(await refsOf(host.state.path)).toMatchObject({ [receiptsRef(eu)]: first });
  });

  const refusals: readonly { readonly name: string; readonly refspecs: readonly string[] }[] = [
    { name: "its plane's branch", refspecs: [`HEAD:${planeRef(eu)}`] },
    { name: "its plane's branch by force", refspecs: [`+HEAD:${planeRef(eu)}`] },
    { name: "a delete of its plane's branch", refspecs: [`:${planeRef(eu)}`] },
    { name: "another plane's receipts", refspecs: [`HEAD:${receiptsRef(us)}`] },
    { name: "a delete of its receipts", refspecs: [`:${receiptsRef(eu)}`] },
    { name: "a rewind of its receipts", refspecs: [`+HEAD~2:${receiptsRef(eu)}`] },
    { name: "a ref below its receipts", refspecs: [`HEAD:${receiptsRef(eu)}/below`] },
    { name: "a ref beside its receipts", refspecs: [`HEAD:${receiptsRef(eu)}x`] },
    { name: "a lock file", refspecs: [`HEAD:${receiptsRef(eu)}.lock`] },
    { name: "main", refspecs: ["HEAD:refs/heads/main"] },
    { name: "a tag", refspecs: ["HEAD:refs/tags/v1"] },
    { name: "a replace ref", refspecs: [`HEAD:refs/replace/${"1".repeat(40)}`] },
    { name: "a hidden folder", refspecs: ["HEAD:refs/for/x"] },
    { name: "a path out of refs", refspecs: ["HEAD:refs/heads/../../config"] },
  ];
  it.each(refusals)("C47 cannot push $name", async ({ refspecs }) => {
    const work = await pushedTwice(euAccess.url, receiptsRef(eu), euAccess);
    const before = await refsOf(euAccess.path);
    expect(before).toHaveProperty([receiptsRef(eu)]);
    expect(await git(["-C", work, "push", "-q", euAccess.url, ...refspecs], euAccess)).toMatchObject({ code: 1 });
    expect(await refsOf(euAccess.path)).toEqual(before);
    expect(await readFile(join(euAccess.path, "HEAD"), "utf8")).toBe(`ref: ${planeRef(eu)}\n`);
  });

  it.each([
    ["another plane", () => usAccess.url],
    ["the state repository", () => host.state.url],
    ["the specs repository", () => host.specs.url],
    ["a plane that does not exist", () => `${host.url}/planes/data/default/none.git`],
    ["an organization that does not exist", () => `${host.url}/planes/data/none/eu.git`],
  ])("C47 C68 does not see %s, to fetch or to push", async (_name, url) => {
    const work = await workTree(fixture.folder);
    await commitFile(work, "x: 1\n");
    const fetched = await git(["ls-remote", url()], euAccess);
    const pushed = await git(["-C", work, "push", url(), `HEAD:${receiptsRef(eu)}`], euAccess);
    expect([fetched.code, pushed.code]).toEqual([1, 1]);
    expect(fetched.stderr).toContain("not found");
    expect(pushed.stderr).toContain("not found");
  });

  it.each([0, 1, 2])("C47 C68 cannot fetch another plane's commit by its id in protocol v%i", async (version) => {
    const work = await workTree(fixture.folder);
    const protocol = ["-c", `protocol.version=${version}`];
    const own = await git([...protocol, "-C", work, "fetch", "-q", euAccess.url, euCommit], euAccess);
    const other = await git([...protocol, "-C", work, "fetch", "-q", euAccess.url, usCommit], euAccess);
    expect([own.code, other.code]).toEqual([0, 1]);
    expect(await git(["-C", work, "cat-file", "-e", usCommit])).toMatchObject({ code: 1 });
  });

  const none = "0".repeat(40);
  it.each([
    { name: "a ref that is no ref name", command: () => `${none} ${euCommit} HEAD` },
    { name: "a delete of HEAD", command: () => `${euCommit} ${none} HEAD` },
    { name: "its plane's branch", command: () => `${euCommit} ${euCommit} ${planeRef(eu)}` },
    { name: "a delete of its plane's branch", command: () => `${euCommit} ${none} ${planeRef(eu)}` },
    { name: "a path that climbs", command: () => `${none} ${euCommit} ${receiptsRef(eu)}/../us` },
    { name: "a path that climbs out of refs", command: () => `${none} ${euCommit} refs/heads/../../config` },
    { name: "a ref below its receipts", command: () => `${none} ${euCommit} ${receiptsRef(us)}/x` },
    { name: "another plane's receipts", command: () => `${none} ${euCommit} ${receiptsRef(us)}` },
    { name: "a namespace", command: () => `${none} ${euCommit} refs/namespaces/x/${receiptsRef(eu)}` },
    { name: "a shell pattern", command: () => `${none} ${euCommit} refs/heads/*` },
    { name: "an object that another plane has", command: () => `${none} ${usCommit} ${receiptsRef(eu)}2` },
  ])("C47 is refused $name when it speaks the protocol by hand", async ({ command }) => {
    const before = await refsOf(euAccess.path);
    const answer = await pushRaw(euAccess.url, euAccess, [command()]);
    expect(answer).toMatch(/^200 .*ng |^200 .*unpack (?!ok)|^200 $|^200 .*ERR /su);
    expect(await refsOf(euAccess.path)).toEqual(before);
    expect(await readFile(join(euAccess.path, "HEAD"), "utf8")).toBe(`ref: ${planeRef(eu)}\n`);
  });

  it("is not even shown what it may not push, and is told that it is hidden", async () => {
    const headers = { authorization: basic(euAccess) };
    const shown = await fetch(`${euAccess.url}/info/refs?service=git-receive-pack`, { headers });
    expect(await shown.text()).not.toContain(planeRef(eu));
    const answer = await pushRaw(euAccess.url, euAccess, [`${none} ${euCommit} ${planeRef(eu)}`]);
    expect(answer).toContain(`ng ${planeRef(eu)} deny updating a hidden ref`);
  });

  it("C47 cannot put another plane's commit under its receipts, not having it", async () => {
    const fresh = await host.ensurePlaneRepository({ ...eu, name: "fresh" });
    const ref = receiptsRef({ ...eu, name: "fresh" });
    expect(await pushRaw(fresh.url, fresh, [`${none} ${usCommit} ${ref}`])).toContain(`ng ${ref}`);
    expect(await refsOf(fresh.path)).toEqual({});
  });

  it("C24 cannot push an object that would harm who checks it out", async () => {
    const work = await pushedTwice(euAccess.url, receiptsRef(eu), euAccess);
    const blob = (await git(["-C", work, "rev-parse", "HEAD:file.yaml"])).stdout.trim();
    const entry = Buffer.concat([Buffer.from("100644 .git\0"), Buffer.from(blob, "hex")]);
    await writeFile(join(work, "tree"), entry);
    const tree = (await git(["-C", work, "hash-object", "-w", "-t", "tree", "--literally", "tree"])).stdout.trim();
    const evil = (await git(["-C", work, "commit-tree", "-p", "HEAD", "-m", "evil", tree])).stdout.trim();
    const before = await refsOf(euAccess.path);
    const pushed = await git(["-C", work, "push", euAccess.url, `${evil}:${receiptsRef(eu)}`], euAccess);
    expect(pushed.stderr).toContain("hasDotgit");
    expect(await refsOf(euAccess.path)).toEqual(before);
  });

  it("gets nothing from symbolic tricks on the client's side", async () => {
    const work = await pushedTwice(euAccess.url, receiptsRef(eu), euAccess);
    await git(["-C", work, "symbolic-ref", receiptsRef(eu), planeRef(eu)]);
    await git(["-C", work, "update-ref", planeRef(eu), "HEAD"]);
    const before = await refsOf(euAccess.path);
    const mirror = await git(["-C", work, "push", "--mirror", euAccess.url], euAccess);
    expect(mirror.code).toBe(1);
    const after = await refsOf(euAccess.path);
    expect(after[planeRef(eu)]).toBe(before[planeRef(eu)]);
    expect(Object.keys(after)).toEqual(Object.keys(before));
  });

  it("C47 has no say in the program that receives", async () => {
    const work = await pushedTwice(euAccess.url, receiptsRef(eu), euAccess);
    const args = ["-C", work, "push", "-q", "--receive-pack=git -c receive.hideRefs=!refs receive-pack", euAccess.url];
    expect(await git([...args, `HEAD:${planeRef(eu)}`], euAccess)).toMatchObject({ code: 1 });
    expect((await refsOf(euAccess.path))[planeRef(eu)]).toBe(euCommit);
  });
});

describe("a stranger", () => {
  it.each([
    ["no credentials", () => undefined],
    ["a wrong token", () => ({ user: "people", token: "x".repeat(43) })],
    ["an empty token", () => ({ user: "people", token: "" })],
    ["another user's token", () => ({ user: euAccess.user, token: usAccess.token })],
    ["an unknown user", () => ({ user: "data.default.none", token: euAccess.token })],
  ])("C68 with %s sees neither what exists nor what does not", async (_name, login) => {
    const credentials = login();
    const headers = credentials === undefined ? {} : { authorization: basic(credentials) };
    const answers = await Promise.all(
      ["/specs.git", "/planes/data/default/eu.git", "/planes/data/default/none.git", "/nothing"].map(async (path) => {
        const response = await fetch(`${host.url}${path}/info/refs?service=git-upload-pack`, { headers });
        return [response.status, response.headers.get("www-authenticate"), await response.text()];
      }),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.slice(0, 2)).toEqual([401, 'Basic realm="gitplane", charset="UTF-8"']);
  });
});

describe("credentials", () => {
  it("stand in files of mode 0600 that hold the token only", async () => {
    for (const { file, token } of [host.people, euAccess]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readFile(file, "utf8")).toBe(token);
    }
  });

  it("C41 never reach the log", () => {
    const text = fixture.lines.join("");
    expect(text).toContain("git exchange ended");
    for (const { user, token } of [host.people, euAccess, usAccess]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(basic({ user, token }));
    }
  });

  it("that others can read stop the start", async () => {
    await using other = await openHostFixture();
    await chmod(other.host.people.file, 0o644);
    const { signal } = new AbortController();
    const log = (await import("../../process/log.ts")).openLog({ level: "silent" });
    const again = startHost({ dataDir: join(other.folder, "data"), port: 0, log, signal });
    await expect(again).rejects.toMatchObject({ code: "not-private" });
  });
});

describe("ensurePlaneRepository", () => {
  it("makes one repository and one credential however many ask at once", async () => {
    const plane: PlaneId = { kind: "build", organization: "default", name: "ci" };
    const all = await Promise.all(Array.from({ length: 8 }, () => host.ensurePlaneRepository(plane)));
    expect(new Set(all.map((access) => JSON.stringify(access))).size).toBe(1);
    expect(await readdir(join(all[0]?.path ?? "", ".."))).toEqual(["ci.git"]);
    expect(await git(["ls-remote", all[0]?.url ?? ""], all[0])).toMatchObject({ code: 0, stdout: "" });
  });

  it("brings the settings of an older repository up to date and keeps its refs", async () => {
    const before = await refsOf(usAccess.path);
    await git(["--git-dir", usAccess.path, "config", "receive.denyDeletes", "false"]);
    await host.ensurePlaneRepository(us);
    expect((await git(["--git-dir", usAccess.path, "config", "receive.denyDeletes"])).stdout).toBe("true\n");
    expect(await refsOf(usAccess.path)).toEqual(before);
  });

  it.each([
    { kind: "data", organization: "default", name: "../us" },
    { kind: "data", organization: "default", name: "a.lock" },
    { kind: "data", organization: "", name: "eu" },
    { kind: "data", organization: "Default", name: "eu" },
    { kind: "data", organization: "a".repeat(40), name: "b".repeat(40) },
    { kind: "data", organization: "default", name: "eu\n" },
  ] as const)("refuses $organization/$name", async (plane) => {
    await expect(host.ensurePlaneRepository(plane)).rejects.toMatchObject({ code: "invalid-plane" });
  });
});
