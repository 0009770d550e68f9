/** What auto-deploy changes in the specs repository: a value that can be shown, tested and refused before anything is written. */
import type { BindingKey } from "../deploy/binding.ts";
import type { FieldChange } from "../edit-yaml/edit-file.ts";

export type Edit =
  /** A Binding brought up to date. `line` is where its document starts. */
  | {
      readonly action: "change";
      readonly path: string;
      readonly line: number;
      readonly changes: readonly FieldChange[];
      readonly binding: Deployment;
    }
  /** A Binding whose Component is gone. */
  | { readonly action: "remove"; readonly path: string; readonly line: number; readonly binding: BindingKey }
  /** A new Binding. */
  | { readonly action: "add"; readonly path: string; readonly text: string; readonly binding: Deployment }
  /** A class as it is now, for pins to refer to. */
  | { readonly action: "freeze"; readonly path: string; readonly text: string; readonly frozen: string };

/** A Binding with what people know its version by. */
export type Deployment = BindingKey & { readonly image: string };
