/** Whether what proves who calls is complete, one thing, and of the type that is named. */
import type { RestPolicy } from "../../schemas/api-policy.ts";
import type { Policy } from "./effective-policy.ts";
import type { PolicyFault } from "./policy-fault.ts";

type Authentication = NonNullable<RestPolicy["authentication"]>;

/** What each type checks with; scopes are of tokens. */
const parts: Readonly<Record<Authentication["type"], "jwt" | "apikey" | "basic">> = {
  jwt: "jwt",
  oauth2: "jwt",
  apikey: "apikey",
  basic: "basic",
};

const incomplete = {
  jwt: { what: "no keys to check tokens with", remedy: "add jwt.jwks, the address of the issuer's keys" },
  apikey: {
    what: "no keys to compare with",
    remedy: "add apikey.header or apikey.queryParam, and apikey.secretRef.name, the SecretReference of the keys",
  },
  basic: { what: "no users", remedy: "add basic.secretRef.name, the SecretReference that lists them" },
} as const;

export function checkAuthentication({ authentication, operations = [] }: Policy): readonly PolicyFault[] {
  const withScopes = operations.findIndex(({ scopes }) => scopes !== undefined);
  const isByToken = authentication?.type === "jwt" || authentication?.type === "oauth2";
  const scopes = withScopes < 0 || isByToken ? [] : [scopesWithoutToken(["operations", withScopes, "scopes"])];
  return authentication === undefined ? scopes : [...checkType(authentication), ...scopes];
}

function checkType(authentication: Authentication): readonly PolicyFault[] {
  const { type, apikey, oauth2 } = authentication;
  const wanted = parts[type];
  const faults: PolicyFault[] = [];
  const isComplete =
    wanted === "apikey"
      ? apikey?.secretRef !== undefined && (apikey.header ?? apikey.queryParam) !== undefined
      : authentication[wanted] !== undefined;
  if (!isComplete) {
    const { what, remedy } = incomplete[wanted];
    const message = `authentication of type ${type} has ${what}`;
    faults.push({ code: "schema", path: ["authentication", "type"], message, remedy });
  }
  for (const other of ["jwt", "apikey", "basic"] as const) {
    if (other === wanted || authentication[other] === undefined) continue;
    const message = `authentication is of type ${type}, and ${other} would not be asked for`;
    const remedy = "remove it, or where it comes from the defaults, say authentication at each level instead";
    faults.push({ code: "schema", path: ["authentication", other], message, remedy });
  }
  if (wanted !== "jwt" && oauth2?.scopes !== undefined) faults.push(scopesWithoutToken(["authentication", "oauth2"]));
  return faults;
}

function scopesWithoutToken(path: PolicyFault["path"]): PolicyFault {
  const message = "scopes stand in a token, and no token is asked for";
  return { code: "schema", path, message, remedy: "add authentication by jwt, or remove the scopes" };
}
