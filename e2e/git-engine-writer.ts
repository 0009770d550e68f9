/**
 * A writer for the tests of the git engine: `node git-engine-writer.ts PATH NAME COUNT [URL]` adds the files NAME/0 to
 * NAME/COUNT-1, one commit and push each, and prints the id of every commit whose push was acknowledged, after one line when it begins. Started again, it
 * carries on where the ref says it was.
 */

import type { Oid, Repository } from "../git/repository.ts";
import { openNativeRepository } from "../git/native/open.ts";

const REF = "refs/heads/main";
const person = { name: "Writer", mail: "writer@example.org" };

const [path = "", name = "", count = "0", url] = process.argv.slice(2);
process.stdout.write("begun\n");
await using repo = await openNativeRepository({
  path,
  create: true,
  remote: url === undefined ? undefined : { url },
  limits: { staleLockMs: 500 },
});
while ((await countFiles(repo)) < Number(count)) await addFile(repo);

async function countFiles(repo: Repository): Promise<number> {
  const tip = await fetchTip(repo);
  if (tip === undefined) return 0;
  const found = await repo.listFiles((await repo.readCommit(tip)).tree);
  return found.filter((file) => file.path.startsWith(`${name}/`)).length;
}

async function addFile(repo: Repository): Promise<void> {
  const expect = await fetchTip(repo);
  const file = `${name}/${await countFiles(repo)}`;
  const next = await repo.commit({
    parent: expect,
    changes: new Map([[file, Buffer.from(`${file} after ${expect}\n`)]]),
    message: `Add ${file}`,
    author: person,
    committer: person,
    committedAtSeconds: 1,
  });
  const result = await repo.push(REF, { expect, next });
  if (result.kind === "pushed") process.stdout.write(`${next}\n`);
  else if (result.kind !== "conflict") throw new Error(JSON.stringify(result));
}

async function fetchTip(repo: Repository): Promise<Oid | undefined> {
  return (await repo.fetch([REF])).get(REF);
}
