/** What a plane's agent said about itself last. */
import { GitError, type Oid, type Repository } from "../../git/repository.ts";
import { planeFile } from "../../schemas/layout.ts";
import { PlaneReceipt } from "../../schemas/receipt.ts";
import { readStateYaml } from "../../schemas/state-yaml.ts";

/** Of the receipts branch's tip; undefined when it has said nothing. Throws GitError, `corrupt` for what no agent writes. */
export async function readAgent(state: Repository, receipts: Oid | undefined): Promise<PlaneReceipt | undefined> {
  if (receipts === undefined) return undefined;
  const entries = await state.readTree((await state.readCommit(receipts)).tree);
  const file = entries.find(({ name }) => name === planeFile);
  if (file === undefined) return undefined;
  const text = Buffer.from(await state.readBlob(file.oid)).toString("utf8");
  const receipt = PlaneReceipt.safeParse(readStateYaml(text));
  if (receipt.success) return receipt.data;
  throw new GitError("corrupt", `${planeFile} of the receipts ${receipts} is not what an agent writes`);
}
