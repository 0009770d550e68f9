/** `npm run docs`: writes what `generated-files.ts` makes, and removes what it made before and no longer does. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { adversarialPage, readNamedTests } from "./adversarial-page.ts";
import { generatedFiles, generatedFolders } from "./generated-files.ts";

const root = import.meta.dirname;
for (const folder of generatedFolders) await rm(join(root, folder), { recursive: true, force: true });
for (const [path, text] of await generatedFiles()) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
await writeFile(join(root, "adversarial.md"), adversarialPage(await readNamedTests()));
