import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGitServer } from "../git-server.contract.ts";
import { describeRepositoryContract } from "../repository.contract.ts";
import type { NewCommit, Oid } from "../repository.ts";
import { initBareRepository } from "./init.ts";
import { openNativeRepository, type NativeOptions } from "./open.ts";

describeRepositoryContract("native", async (options) => openNativeRepository({ ...options, create: true }));

describe("the native engine", () => {
  let root = "";
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "git-native-"));
  });
  let count = 0;
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const newPath = () => join(root, `${++count}.git`);
  const open = async (options: Partial<NativeOptions> = {}) => {
    return openNativeRepository({ path: newPath(), create: true, ...options });
  };

  it("says that there is no git, and that there is no repository", async () => {
    vi.stubEnv("PATH", root);
    await expect(open()).rejects.toMatchObject({ code: "git-missing" });
    vi.unstubAllEnvs();
    await expect(open({ create: false })).rejects.toMatchObject({ code: "failed" });
  });

  it("takes nothing from the environment or the user's files", async () => {
    const home = join(root, "home");
    mkdirSync(home);
    writeFileSync(join(home, ".gitconfig"), "[core]\n\tnonsense");
    const hostile = {
      HOME: home,
      GIT_DIR: "/nowhere",
      GIT_OBJECT_DIRECTORY: "/nowhere",
      GIT_CONFIG_PARAMETERS: "'core.bare'='no",
      GIT_CONFIG_COUNT: "x",
      GIT_TRACE: "1",
      GIT_EXEC_PATH: "/nowhere",
      LANG: "de_DE.UTF-8",
    };
    for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value);
    await using repo = await open();
    const oid = await repo.commit(draft(undefined, { a: "1" }));
    expect(await repo.push("refs/heads/main", { expect: undefined, next: oid })).toEqual({ kind: "pushed" });
    vi.unstubAllEnvs();
  });

  it("C41 keeps the token out of every argument list, of git's children too", async () => {
    const credential = { user: "u", token: "t0ken-in-no-argv" };
    await using server = await startGitServer(root, credential);
    await using repo = await open({ remote: { url: `${server.url}/x.git`, credential } });
    const stop = new AbortController();
    let listed = "";
    server.intercept = ({ method }, response) => {
      // Our own question; git asks when it has no answer, and begins with another.
      if (method === "POST") {
        response.destroy();
        return true;
      }
      listed = execFileSync("ps", ["-eo", "args"]).toString();
      stop.abort();
      return true;
    };
    await expect(repo.fetch(["refs/heads/main"], { signal: stop.signal })).rejects.toMatchObject({ code: "aborted" });
    expect(listed).toContain("git-remote-http");
    expect(listed).not.toMatch(/t0ken|dTp0MGtlbi|Authorization/u);
    expect(server.requests.at(-1)?.authorization).toBe(`Basic ${btoa("u:t0ken-in-no-argv")}`);
  });

  it("starts its reader again when that is killed, also in the middle of many questions", async () => {
    await using repo = await open({ limits: { cacheBytes: 0 } });
    const names = Array.from({ length: 300 }, (_, n) => `f${n}`);
    const oid = await repo.commit(draft(undefined, Object.fromEntries(names.map((name) => [name, name.repeat(500)]))));
    const found = await repo.listFiles((await repo.readCommit(oid)).tree);
    const reading = Promise.all(found.map(async (file) => Buffer.from(await repo.readBlob(file.oid)).toString()));
    killReaders();
    expect(await reading).toEqual(found.map((file) => file.path.repeat(500)));
    killReaders();
    expect((await repo.readCommit(oid)).subject).toBe("Change");
  });

  it("takes the answer that comes after its time for nobody's", async () => {
    await using repo = await open({ limits: { localTimeoutMs: 1500, cacheBytes: 0 } });
    const oid = await repo.commit(draft(undefined, { a: "1" }));
    const { tree } = await repo.readCommit(oid);
    stopReaders("SIGSTOP");
    const late = repo.readCommit(oid);
    const next = repo.readTree(tree);
    // The answer waits in the pipe, unread, until the time is up: the loop looks at its timers first.
    const answerLate = (): void => {
      stopReaders("SIGCONT");
      const busyUntil = performance.now() + 1700;
      while (performance.now() < busyUntil);
    };
    setTimeout(() => setImmediate(answerLate), 100);
    await expect(late).rejects.toMatchObject({ code: "timeout" });
    expect(await next).toHaveLength(1);
  });

  it("finds what another process wrote after it began to read, and after everything was repacked", async () => {
    await using repo = await open();
    const first = await repo.commit(draft(undefined, { a: "1" }));
    await repo.readCommit(first);
    await using other = await openNativeRepository({ path: join(root, `${count}.git`) });
    const second = await other.commit(draft(first, { b: "2" }));
    await other.push("refs/heads/main", { expect: undefined, next: second });
    expect((await repo.readCommit(second)).parents).toEqual([first]);
    execFileSync("git", [`--git-dir=${join(root, `${count}.git`)}`, "gc", "-q", "--prune=now"]);
    expect(await repo.listFiles((await repo.readCommit(second)).tree)).toHaveLength(2);
  });

  it("refuses everything once its signal has fired or it was closed", async () => {
    const stop = new AbortController();
    const repo = await open({ signal: stop.signal });
    const oid = await repo.commit(draft(undefined, { a: "1" }));
    stop.abort();
    await expect(repo.readCommit(oid)).rejects.toMatchObject({ code: "aborted" });
    await expect(repo.readRef("refs/heads/main")).rejects.toMatchObject({ code: "aborted" });
    await repo[Symbol.asyncDispose]();
    await using closed = await open();
    await closed[Symbol.asyncDispose]();
    await expect(closed.readCommit(oid)).rejects.toMatchObject({ code: "aborted" });
  });

  it("starts one process for objects and one for refs, however much is committed", async () => {
    const wrapper = join(root, "counting");
    mkdirSync(wrapper);
    const log = join(wrapper, "log");
    const program = execFileSync("sh", ["-c", "command -v git"]).toString().trim();
    writeFileSync(join(wrapper, "git"), `#!/bin/sh\necho "$2" >> '${log}'\nexec '${program}' "$@"\n`, { mode: 0o755 });
    vi.stubEnv("PATH", `${wrapper}:${process.env["PATH"]}`);
    const path = newPath();
    await using repo = await open({ path });
    vi.unstubAllEnvs();
    const first = await repo.commit(draft(undefined, { "a/b/c/d": "0" }));
    await repo.push("refs/heads/main", { expect: undefined, next: first });
    await using reader = await openNativeRepository({ path });
    writeFileSync(log, "");
    for (let n = 1; n <= 20; n++) {
      const tip = (await repo.fetch(["refs/heads/main"])).get("refs/heads/main") ?? "";
      expect(await repo.readRef("refs/heads/absent")).toBeUndefined();
      const next = await repo.commit(draft(tip, { "a/b/c/d": `${n}` }));
      expect(await repo.push("refs/heads/main", { expect: tip, next })).toEqual({ kind: "pushed" });
      expect(await repo.isAncestor(first, next)).toBe(true);
      expect(await repo.log({ from: first, to: next, limit: 100 })).toHaveLength(n);
      expect(await repo.listFiles((await repo.readCommit(next)).tree)).toHaveLength(1);
      expect(await reader.isAncestor(first, next)).toBe(true);
    }
    expect(readFileSync(log, "utf8")).toBe("");
  });

  it("writes a few objects as git does: whole, for reading only, once, and nothing beside them", async () => {
    const path = newPath();
    await using repo = await open({ path });
    const folder = join(path, "objects");
    const oid = await repo.commit(draft(undefined, { a: "1" }));
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /^..\//u.test(name));
    expect(names).toHaveLength(3);
    const file = join(folder, oid.slice(0, 2), oid.slice(2));
    expect((statSync(file).mode & 0o777).toString(8)).toBe("444");
    const long = new Date(Date.now() - 3 * 60_000);
    utimesSync(file, long, long);
    const { ino } = statSync(file);
    expect(await repo.commit(draft(undefined, { a: "1" }))).toBe(oid);
    expect(statSync(file)).toMatchObject({ ino });
    expect(statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    expect(readdirSync(folder).filter((name) => name.startsWith("tmp"))).toEqual([]);
  });

  it("gives a commit its name only after what it names, so that none is ever broken", async () => {
    await using sample = await open();
    const oid = await sample.commit(draft(undefined, { "a/b": "1" }));
    const { tree } = await sample.readCommit(oid);
    const [folder] = await sample.readTree(tree);
    for (const blocked of [tree, folder?.oid ?? ""]) {
      const path = newPath();
      await using repo = await open({ path });
      writeFileSync(join(path, "objects", blocked.slice(0, 2)), "not a folder");
      await expect(repo.commit(draft(undefined, { "a/b": "1" }))).rejects.toMatchObject({ code: "failed" });
      await expect(repo.readCommit(oid)).rejects.toMatchObject({ code: "missing-object" });
      expect(readdirSync(join(path, "objects")).filter((name) => name.startsWith("tmp"))).toEqual([]);
    }
  });

  it("gives new objects to the group that shares the repository, whatever the umask", async () => {
    const path = newPath();
    await using repo = await open({ path });
    chmodSync(join(path, "objects"), 0o2770);
    const before = process.umask(0o077);
    const oid = await repo.commit(draft(undefined, { a: "shared" }));
    process.umask(before);
    const folder = join(path, "objects", oid.slice(0, 2));
    expect((statSync(folder).mode & 0o7777).toString(8)).toBe("2770");
    expect((statSync(join(folder, oid.slice(2))).mode & 0o777).toString(8)).toBe("440");
  });

  it.each([".gitmodules", "a/.GitModules", "GITMOD~1", "gi7eba~1", ".git\u200cmodules"])(
    "lets git judge what it reads itself: %j",
    async (name) => {
      await using repo = await open();
      const evil = '[submodule "x"]\n\turl = -u./evil\n\tpath = x\n';
      await expect(repo.commit(draft(undefined, { [name]: evil }))).rejects.toMatchObject({ code: "failed" });
      expect(await repo.commit(draft(undefined, { [name]: evil.replace("-u", "") }))).toHaveLength(40);
    },
  );

  it("C66 says that the disk is full, and leaves nothing half written", { skip: !canMount() }, async () => {
    const folder = join(root, "small");
    mkdirSync(folder);
    const script = `
      const { openNativeRepository } = await import(${JSON.stringify(join(import.meta.dirname, "open.ts"))});
      const { execFileSync } = await import("node:child_process");
      const { readdirSync } = await import("node:fs");
      const path = ${JSON.stringify(join(folder, "x.git"))};
      const repo = await openNativeRepository({ path, create: true });
      const author = { name: "A", mail: "a@b" };
      const write = async (n) => repo.commit({ parent: undefined, author, committer: author, committedAtSeconds: 1,
        message: "m", changes: new Map([[\`f\${n}\`, crypto.getRandomValues(new Uint8Array(20000))]]) });
      let code;
      for (let n = 0; code === undefined; n++) code = await write(n).then(() => undefined, (error) => error.code);
      execFileSync("git", ["--git-dir=" + path, "fsck", "--strict", "--full"], { stdio: "pipe" });
      console.log(code, readdirSync(path + "/objects").filter((name) => name.startsWith("tmp")).length);
      await repo[Symbol.asyncDispose]();`;
    const mounted = 'mount -t tmpfs -o size=600k none "$1" && exec "$2" --input-type=module -e "$3"';
    const args = [...UNSHARE, "sh", "-c", mounted, "sh", folder, process.execPath, script];
    expect(execFileSync("unshare", args).toString()).toBe("disk-full 0\n");
  });

  it("waits for a live lock", async () => {
    const path = newPath();
    await using repo = await open({ path });
    const next = await repo.commit(draft(undefined, { a: "1" }));
    const lock = join(path, "refs/heads/main.lock");
    mkdirSync(join(path, "refs/heads"), { recursive: true });
    writeFileSync(lock, "");
    setTimeout(() => rmSync(lock), 300);
    expect(await repo.push("refs/heads/main", { expect: undefined, next })).toEqual({ kind: "pushed" });
  });

  it("moves refs by one process that sees what others did meanwhile", async () => {
    const path = newPath();
    await using repo = await open({ path });
    await using other = await openNativeRepository({ path });
    const git = (...args: string[]) => execFileSync("git", [`--git-dir=${path}`, ...args], { stdio: "pipe" });
    const push = async (ref: string, expect: Oid | undefined, next: Oid) => repo.push(ref, { expect, next });
    const first = await repo.commit(draft(undefined, { a: "1" }));
    expect(await push("refs/heads/a", undefined, first)).toEqual({ kind: "pushed" });
    const pids = childrenOf("update-ref");
    const second = await other.commit(draft(first, { a: "2" }));
    git("repack", "-adkq");
    expect(await push("refs/heads/a", first, second)).toEqual({ kind: "pushed" });
    git("update-ref", "-d", "refs/heads/a");
    git("update-ref", "refs/heads/a/b", first);
    expect(await push("refs/heads/a/c", undefined, second)).toEqual({ kind: "pushed" });
    git("update-ref", "-d", "refs/heads/a/b");
    git("pack-refs", "--all");
    expect(await push("refs/heads/a/c", second, second)).toEqual({ kind: "pushed" });
    git("update-ref", "-d", "refs/heads/a/c");
    expect(await push("refs/heads/a", undefined, second)).toEqual({ kind: "pushed" });
    expect(childrenOf("update-ref")).toEqual(pids);
    expect(pids).toHaveLength(1);
    expect(await push("refs/heads/a", undefined, first)).toEqual({ kind: "conflict", actual: second });
    expect(await push("refs/heads/b", undefined, first)).toEqual({ kind: "pushed" });
    expect(childrenOf("update-ref")).toHaveLength(1);
  });

  it("ends processes that have no work, and starts them again for more", async () => {
    await using repo = await open({ limits: { idleProcessMs: 200 } });
    const first = await repo.commit(draft(undefined, { a: "1" }));
    const second = await repo.commit(draft(first, { a: "2" }));
    for (const [from, next] of [
      [undefined, first],
      [first, second],
    ] as const) {
      expect(await repo.push("refs/heads/a", { expect: from, next })).toEqual({ kind: "pushed" });
      expect(await repo.listFiles((await repo.readCommit(next)).tree)).toHaveLength(1);
      await vi.waitUntil(() => childrenOf("cat-file").length + childrenOf("update-ref").length === 0, {
        timeout: 9000,
      });
    }
  });

  it("moves a ref although the process kept for it was killed, and while another ref is locked", async () => {
    const path = newPath();
    await using repo = await open({ path });
    const first = await repo.commit(draft(undefined, { a: "1" }));
    const second = await repo.commit(draft(first, { a: "2" }));
    expect(await repo.push("refs/heads/a", { expect: undefined, next: first })).toEqual({ kind: "pushed" });
    for (const pid of childrenOf("update-ref")) process.kill(pid, "SIGKILL");
    expect(await repo.push("refs/heads/a", { expect: first, next: second })).toEqual({ kind: "pushed" });
    writeFileSync(join(path, "refs/heads/a.lock"), "");
    const stop = new AbortController();
    const locked = repo.push("refs/heads/a", { expect: second, next: second }, { signal: stop.signal });
    const blocked = repo.push("refs/heads/b", { expect: undefined, next: first });
    expect(await locked).toEqual({ kind: "pushed" });
    expect(await blocked).toEqual({ kind: "pushed" });
    const third = await repo.commit(draft(second, { a: "3" }));
    const waiting = repo.push("refs/heads/a", { expect: second, next: third }, { signal: stop.signal });
    expect(await repo.push("refs/heads/c", { expect: undefined, next: first })).toEqual({ kind: "pushed" });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
    expect(await repo.readRef("refs/heads/a")).toBe(second);
  });

  it.each(["refs/heads/main.lock", "HEAD.lock", "packed-refs.lock"])(
    "removes %s that a dead process left",
    async (name) => {
      const path = newPath();
      await using repo = await open({ path });
      const next = await repo.commit(draft(undefined, { a: "1" }));
      const lock = join(path, name);
      mkdirSync(join(path, "refs/heads"), { recursive: true });
      writeFileSync(lock, "");
      const long = new Date(Date.now() - 3 * 60_000);
      utimesSync(lock, long, long);
      expect(await repo.push("refs/heads/main", { expect: undefined, next })).toEqual({ kind: "pushed" });
      expect(await repo.readRef("refs/heads/main")).toBe(next);
    },
  );

  it("reads a remote that is a folder, by path and by URL", async () => {
    const origin = newPath();
    await using writer = await open({ path: origin });
    const next = await writer.commit(draft(undefined, { a: "1" }));
    await writer.push("refs/heads/main", { expect: undefined, next });
    for (const url of [origin, `file://${origin}`]) {
      await using reader = await open({ remote: { url } });
      expect(await reader.fetch(["refs/heads/main"])).toEqual(new Map([["refs/heads/main", next]]));
    }
    await using lost = await open({ remote: { url: join(root, "gone.git") } });
    await expect(lost.fetch(["refs/heads/main"])).rejects.toMatchObject({ code: "unreachable" });
  });

  it("works in a SHA-256 repository", async () => {
    const path = newPath();
    execFileSync("git", ["init", "-q", "--bare", "--object-format=sha256", path]);
    await using repo = await open({ path });
    const first = await repo.commit(draft(undefined, { "a/b": "1" }));
    const second = await repo.commit(draft(first, { "a/b": null }));
    await repo.push("refs/heads/main", { expect: undefined, next: second });
    expect(first).toHaveLength(64);
    expect(await repo.listFiles((await repo.readCommit(first)).tree)).toHaveLength(1);
    expect(await repo.listFiles((await repo.readCommit(second)).tree)).toEqual([]);
    execFileSync("git", [`--git-dir=${path}`, "fsck", "--strict", "--full"], { stdio: "pipe" });
  });

  it("deletes what a killed writer left, once it is old", async () => {
    const path = newPath();
    await using repo = await open({ path });
    const long = new Date(Date.now() - 2 * 60 * 60_000);
    for (const name of ["old", "young"]) {
      mkdirSync(join(path, `objects/tmp_objdir-loose-${name}`));
      writeFileSync(join(path, `objects/tmp_objdir-loose-${name}/x`), "");
      writeFileSync(join(path, `objects/pack/tmp_idx_${name}`), "");
      writeFileSync(join(path, `objects/pack/pack-${name}.pack`), "");
    }
    for (const name of ["tmp_objdir-loose-old", "pack/tmp_idx_old", "pack/pack-old.pack"])
      utimesSync(join(path, "objects", name), long, long);
    await repo.maintain();
    const left = readdirSync(join(path, "objects")).filter((name) => name.startsWith("tmp"));
    expect(left).toEqual(["tmp_objdir-loose-young"]);
    expect(readdirSync(join(path, "objects/pack")).toSorted()).toEqual(["pack-young.pack", "tmp_idx_young"]);
  });

  it.each(["sha1", "sha256"] as const)(
    "keeps some dozens of objects as one pack in which git finds no fault: %s",
    async (format) => {
      const path = newPath();
      execFileSync("git", ["init", "--quiet", "--bare", `--object-format=${format}`, path]);
      const files = Object.fromEntries(
        Array.from({ length: 40 }, (_, file) => [`f${file % 4}/${file}`, "x".repeat(file * 100)]),
      );
      await using repo = await open({ path });
      const oid = await repo.commit(draft(undefined, files));
      const names = readdirSync(join(path, "objects/pack"));
      expect(new Set(names.map((name) => name.split(".")[1]))).toEqual(new Set(["idx", "pack"]));
      execFileSync("git", [`--git-dir=${path}`, "fsck", "--strict", "--full", oid], { stdio: "pipe" });
      for (const name of names.filter((one) => one.endsWith(".idx")))
        execFileSync("git", [`--git-dir=${path}`, "verify-pack", join(path, "objects/pack", name)], { stdio: "pipe" });
      await using again = await open({ path });
      expect(await again.listFiles((await again.readCommit(oid)).tree)).toHaveLength(40);
    },
  );

  it("folds packs when there are many, and keeps a commit that no ref names yet", async () => {
    const path = newPath();
    await using repo = await open({ path, limits: {} });
    const oids: Oid[] = [];
    for (let n = 0; n < 32; n++) {
      const many = Object.fromEntries(Array.from({ length: 101 }, (_, file) => [`f${file}`, `${n} ${file}`]));
      oids.push(await repo.commit(draft(undefined, many)));
    }
    expect(await repo.maintain()).toEqual({ repacked: true });
    expect(await repo.maintain()).toEqual({ repacked: false });
    for (const oid of oids) expect(await repo.listFiles((await repo.readCommit(oid)).tree)).toHaveLength(101);
  });
});

describe("initBareRepository", () => {
  it("makes a repository once, however many try, and gives it its configuration", async () => {
    const root = mkdtempSync(join(tmpdir(), "git-init-"));
    const path = join(root, "a/b/c.git");
    await Promise.all([1, 2, 3, 4].map(async () => initBareRepository(path, { "receive.denyDeletes": "true" })));
    await Promise.all(
      [1, 2, 3, 4].map(async () =>
        initBareRepository(path, { "receive.denyDeletes": "true", "transfer.hideRefs": "refs/x" }),
      ),
    );
    const read = (key: string) =>
      execFileSync("git", ["config", "--file", join(path, "config"), "--get-all", key]).toString();
    expect([read("core.bare"), read("receive.denyDeletes"), read("transfer.hideRefs")]).toEqual([
      "true\n",
      "true\n",
      "refs/x\n",
    ]);
    expect(readFileSync(join(path, "HEAD"), "utf8")).toBe("ref: refs/heads/main\n");
    expect(execFileSync("ls", ["-A", join(root, "a/b")]).toString()).toBe("c.git\n");
    rmSync(root, { recursive: true });
  });
});

function draft(parent: Oid | undefined, tree: Readonly<Record<string, string | null>>): NewCommit {
  const changes = new Map(Object.entries(tree).map(([path, text]) => [path, text === null ? null : Buffer.from(text)]));
  const person = { name: "A", mail: "a@example.org" };
  return { parent, changes, message: "Change", author: person, committer: person, committedAtSeconds: 1 };
}

const UNSHARE = ["--user", "--map-root-user", "--mount"];

/** Whether this machine lets a user mount a small file system of his own. */
function canMount(): boolean {
  return spawnSync("unshare", [...UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}

/** Every `git cat-file` that this process started. */
function killReaders(): void {
  stopReaders("SIGKILL");
}

function stopReaders(signal: NodeJS.Signals): void {
  for (const pid of childrenOf("cat-file")) process.kill(pid, signal);
}

/** Processes of this git command that this process started, by their ids. */
function childrenOf(command: string): number[] {
  const rows = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)])
    .toString()
    .split("\n");
  return rows.filter((row) => row.includes(command)).map((row) => Number.parseInt(row, 10));
}
