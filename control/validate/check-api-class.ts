/** SecretReferences that an APIClass names: that they are there, and that a gateway can check callers with what they keep. */
import { organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";
import { isPullable } from "./check-secret-reference.ts";
import { checkReference, type Finding } from "./finding.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

type APIClass = SpecDocument<ResourceOf<"APIClass">>;
type SecretReference = SpecDocument<ResourceOf<"SecretReference">>;

type CallerRef = {
  readonly name: string;
  readonly path: Finding["path"];
  readonly use: keyof typeof wanted;
};

/** What Envoy Gateway reads (API reference of v1.9, APIKeyAuth and BasicAuth). */
const wanted = {
  apikey: "API keys are read from a Secret of type Opaque in which each entry is a client and its key",
  basic: "users are read from the entry .htpasswd of a Secret of type Opaque",
} as const;

const remedies = {
  apikey: "name one of that type, or of none, that keeps nothing else",
  basic: "give it the key .htpasswd and no type, or name another",
} as const;

export function checkApiClass(document: APIClass, index: Lookup): readonly Finding[] {
  return callerRefs(document).flatMap((ref) => checkRef(ref, organizationOf(document.resource), index));
}

/** As they are written, level by level. */
export function callerRefs({ resource }: APIClass): readonly CallerRef[] {
  return (["restPolicy", "grpcPolicy"] as const).flatMap((field) =>
    (["defaults", "public", "organization"] as const).flatMap((level) => {
      const { apikey, basic } = resource.spec[field]?.[level]?.authentication ?? {};
      return Object.entries({ apikey, basic }).flatMap(([use, said]): readonly CallerRef[] => {
        if (said?.secretRef === undefined) return [];
        const path = ["spec", field, level, "authentication", use, "secretRef", "name"];
        return [{ name: said.secretRef.name, path, use: use === "apikey" ? "apikey" : "basic" }];
      });
    }),
  );
}

function checkRef({ name, path, use }: CallerRef, organization: string, index: Lookup): readonly Finding[] {
  const document = index.find("SecretReference", organization, name);
  if (document === undefined) {
    const parts = [organization, name];
    return checkReference(index, { kind: "SecretReference", parts, code: "unknown-secret", path });
  }
  if (isFit(document, use)) return [];
  const message = `${wanted[use]}, which SecretReference ${name} is not`;
  const related = [{ place: fieldPlace(document, "metadata", "name"), message: `SecretReference ${name} stands here` }];
  return [{ code: "unsupported-secret", message, remedy: remedies[use], path, related }];
}

function isFit(document: SecretReference, use: CallerRef["use"]): boolean {
  const { template, data } = document.resource.spec;
  if ((template?.type ?? "Opaque") !== "Opaque") return false;
  return use === "apikey" ? !isPullable(document) : data.some(({ secretKey }) => secretKey === ".htpasswd");
}
