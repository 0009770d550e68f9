/** A guard that is worth a proof: what is written instead of it, and who must notice. */
export type Guard = {
  readonly name: string;
  /** Invariant of DESIGN or case that rests on it. */
  readonly protects: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** A second place of the same file that guards the same. */
  readonly also?: { readonly find: string; readonly replace: string };
  readonly project: "unit" | "programs" | "e2e";
  readonly tests: readonly string[];
  /** Names of tests, or unmistakable parts of them, that must all fail. */
  readonly cases: readonly string[];
};
