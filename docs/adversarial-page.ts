/** `docs/adversarial.md`: each case with the tests that are named after it, found in the sources, or why it comes later. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { adversarialCases } from "./adversarial-cases.ts";

/** Ids of cases that a test is named after, with its file and its name. */
export type NamedTest = { readonly ids: readonly string[]; readonly file: string; readonly name: string };

const root = join(import.meta.dirname, "..");
const folders = ["schemas", "git", "process", "control", "agent", "e2e"];
/** A text that begins with cases: a test's name, or that of a row in its table. */
const numberedName = /(["'`])((?:C\d{2} )+)((?:(?!\1).)+)\1/gu;

/** Every test, and row of a table of tests, that names a case; in order of files and lines. */
export async function readNamedTests(): Promise<readonly NamedTest[]> {
  const tests: NamedTest[] = [];
  for (const folder of folders) {
    const files = (await readdir(join(root, folder), { recursive: true })).toSorted();
    for (const path of files.filter((file) => /\.(?:test|contract)\.ts$/u.test(file))) {
      const file = `${folder}/${path}`;
      const text = await readFile(join(root, file), "utf8");
      for (const [, , ids = "", name = ""] of text.matchAll(numberedName)) {
        tests.push({ ids: ids.trim().split(" "), file, name });
      }
    }
  }
  return tests;
}

/** The page. Throws where a case has neither test nor reason, or has both, or a test names one that does not exist. */
export function adversarialPage(tests: readonly NamedTest[]): string {
  const known = new Set(adversarialCases.map(({ id }) => id));
  const strange = tests.flatMap(({ ids, file }) => ids.filter((id) => !known.has(id)).map((id) => `${id} in ${file}`));
  if (strange.length > 0) throw new Error(`there is no such case: ${strange.join(", ")}`);
  const rows = adversarialCases.map(({ id, about, later }) => {
    const own = tests.filter(({ ids }) => ids.includes(id));
    if ((later === undefined) === (own.length === 0)) {
      throw new Error(`${id} has ${own.length} tests and ${later === undefined ? "no" : "a"} reason to come later`);
    }
    return `| ${id} | ${about} | ${later === undefined ? listTests(own) : `later: ${later}`} |`;
  });
  const head = [
    "# Adversarial cases",
    "",
    "What a reliable engine must survive, most of it from incidents and advisories of others, and the tests that are named after",
    "each. A run prints every case with its result. `npm run docs` writes this page; a test compares it.",
    "",
    "| case | about | tests |",
    "|---|---|---|",
  ];
  return `${[...head, ...rows].join("\n")}\n`;
}

function listTests(tests: readonly NamedTest[]): string {
  const byFile = Map.groupBy(tests, ({ file }) => file);
  const lines = [...byFile].map(([file, own]) => `\`${file}\`: ${own.map(({ name }) => escapeCell(name)).join(" · ")}`);
  return lines.join("<br>");
}

function escapeCell(name: string): string {
  return name.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("$", "\\$");
}
