/** For property tests: slips of the hand in the lines of specs. */
import fc from "fast-check";

export type Mutation = {
  readonly file: number;
  readonly line: number;
  readonly how: (line: string) => readonly string[];
};

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  file: fc.nat(50),
  line: fc.nat(400),
  how: fc.constantFrom(
    (_line: string): readonly string[] => [],
    (line: string): readonly string[] => [line, line],
    (line: string): readonly string[] => [line.replace(/^(\s*)(- )?(\w)/, "$1$2x$3")],
    (line: string): readonly string[] => [line.replace(/: .*$/, ": 9007199254740993")],
    (line: string): readonly string[] => [line.replace(/: .*$/, ": {__proto__: 1}")],
    (line: string): readonly string[] => [line.replace(/: .*$/, ": [")],
    (line: string): readonly string[] => [line.replace(/: .*$/, ": null")],
    (line: string): readonly string[] => [line.replace(/: .*$/, ": -0x")],
    (line: string): readonly string[] => [`  ${line}`],
    (line: string): readonly string[] => [line.slice(2)],
    (line: string): readonly string[] => [`${line} &a`, "\t*a"],
    (line: string): readonly string[] => [line.toUpperCase()],
    (line: string): readonly string[] => [line.replace(/\w+$/, "Service")],
    (line: string): readonly string[] => [line, "---", line],
  ),
});

/** The files with the mutations, one after the other. */
export function mutate(files: ReadonlyMap<string, string>, mutations: readonly Mutation[]): Map<string, string> {
  const edited = new Map(files);
  for (const { file, line, how } of mutations) {
    const path = [...files.keys()][file % files.size] ?? "";
    const lines = (edited.get(path) ?? "").split("\n");
    const at = line % lines.length;
    edited.set(path, lines.toSpliced(at, 1, ...how(lines[at] ?? "")).join("\n"));
  }
  return edited;
}
