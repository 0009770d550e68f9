/** What a connection leads to, as network policies need it: whom, and at which ports. */
import type { BindingKey } from "../deploy/binding.ts";
import type { Traced } from "../load/traced.ts";

export type Link =
  | {
      readonly kind: "component";
      readonly target: BindingKey;
      /** Where the target's pods are. */
      readonly namespace: string;
      readonly port: number;
      readonly protocol: "TCP" | "UDP";
    }
  | {
      readonly kind: "external";
      readonly to: { readonly kind: "host" | "cidr"; readonly value: Traced };
      readonly ports: readonly Traced[];
      readonly protocol: Traced;
    };

/** What templates of a connection may name; what a target does not have is undefined. */
export const targetValueNames = ["host", "port", "scheme", "basePath", "uri", "url"] as const;
export type TargetValues = Readonly<Record<(typeof targetValueNames)[number], string | undefined>>;

export type Reached = { readonly values: TargetValues; readonly link: Link };
