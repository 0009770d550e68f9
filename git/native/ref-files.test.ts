import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { RefFiles } from "./ref-files.ts";

const MAIN = "refs/heads/main";
const ONE = "1".repeat(40);
const TWO = "2".repeat(40);

let root = "";
let path = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "ref-files-"));
});
beforeEach(() => {
  path = mkdtempSync(join(root, "repository-"));
  execFileSync("git", ["init", "--quiet", "--bare", path]);
});
afterAll(() => rmSync(root, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(path, name), text);
const found = (oid: string) => ({ kind: "found", oid });
const absent = { kind: "absent" };
const unclear = { kind: "unclear" };

it.each([
  { what: "a ref in its own file", make: () => write(MAIN, `${ONE}\n`), yields: found(ONE) },
  {
    what: "a packed ref",
    make: () => write("packed-refs", `# pack-refs with: \n${ONE} ${MAIN}\n`),
    yields: found(ONE),
  },
  {
    what: "a ref in its own file over a packed one",
    make: () => {
      write("packed-refs", `${ONE} ${MAIN}\n^${ONE}\n`);
      write(MAIN, `${TWO}\n`);
    },
    yields: found(TWO),
  },
  { what: "no ref", make: () => {}, yields: absent },
  { what: "a folder of that name", make: () => mkdirSync(join(path, MAIN)), yields: absent },
  {
    what: "a ref whose name ends in this one",
    make: () => write("packed-refs", `${ONE} refs/x/${MAIN}\n${TWO} ${MAIN}/x\n`),
    yields: absent,
  },
  { what: "a symbolic ref", make: () => write(MAIN, "ref: refs/heads/other\n"), yields: unclear },
  { what: "an old symbolic ref", make: () => symlinkSync("other", join(path, MAIN)), yields: unclear },
  { what: "an empty file", make: () => write(MAIN, ""), yields: unclear },
  { what: "half an id", make: () => write(MAIN, ONE.slice(1)), yields: unclear },
  { what: "an id of zeros", make: () => write(MAIN, `${"0".repeat(40)}\n`), yields: unclear },
  { what: "an id of the other format", make: () => write(MAIN, `${"1".repeat(64)}\n`), yields: unclear },
  {
    what: "packed refs cut short",
    make: () => write("packed-refs", `${ONE} refs/heads/a\n${ONE.slice(9)}`),
    yields: unclear,
  },
  { what: "packed refs with a strange line", make: () => write("packed-refs", `${ONE} ${MAIN}\nx\n`), yields: unclear },
  { what: "refs kept otherwise", make: () => mkdirSync(join(path, "reftable")), yields: unclear },
  { what: "a repository that is gone", make: () => rmSync(path, { recursive: true }), yields: unclear },
])("answers $yields.kind for $what", async ({ make, yields }) => {
  make();
  expect(new RefFiles(path, "sha1").read(MAIN)).toEqual(yields);
});

it("reads the packed refs again when they were replaced, and when they went", async () => {
  const files = new RefFiles(path, "sha1");
  write("packed-refs", `${ONE} ${MAIN}\n`);
  expect(files.read(MAIN)).toEqual(found(ONE));
  appendFileSync(join(path, "packed-refs"), `${TWO} refs/heads/next\n`);
  expect(files.read("refs/heads/next")).toEqual(found(TWO));
  rmSync(join(path, "packed-refs"));
  expect(files.read(MAIN)).toEqual(absent);
});
