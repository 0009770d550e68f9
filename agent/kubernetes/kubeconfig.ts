/**
 * Access from a kubeconfig file, read by hand: @kubernetes/client-node costs 90 MB for it. What would run a program or fetch
 * a token elsewhere (`exec`, `auth-provider`) is refused by name: a file from outside never makes the agent execute anything.
 */
import { load } from "js-yaml";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { registerSecret } from "../../process/redact.ts";
import { type ClusterAccess, ClusterAccessError, readAccessFile, tokenFromFile } from "./cluster-access.ts";

const Text = z.string().min(1);

const Cluster = z.looseObject({
  server: Text,
  "certificate-authority": Text.optional(),
  "certificate-authority-data": Text.optional(),
  "tls-server-name": Text.optional(),
  "insecure-skip-tls-verify": z.boolean().optional(),
});

const User = z.looseObject({
  token: Text.optional(),
  tokenFile: Text.optional(),
  "client-certificate": Text.optional(),
  "client-certificate-data": Text.optional(),
  "client-key": Text.optional(),
  "client-key-data": Text.optional(),
});

const Kubeconfig = z.looseObject({
  "current-context": z.string().optional(),
  contexts: z.array(
    z.looseObject({ name: Text, context: z.looseObject({ cluster: Text, user: z.string().optional() }) }),
  ),
  clusters: z.array(z.looseObject({ name: Text, cluster: z.unknown() })),
  users: z.array(z.looseObject({ name: Text, user: z.unknown() })).nullish(),
});

type Place = { readonly path: string; readonly field: string };

/**
 * Reads one file; paths in it are relative to its folder, inline data wins over a file, a tokenFile over a token, as in
 * client-go (Kubernetes: "kubeconfig v1"). Throws ClusterAccessError.
 */
export async function loadKubeconfig({
  path,
  context,
}: {
  readonly path: string;
  readonly context?: string;
}): Promise<ClusterAccess> {
  const config = parse(Kubeconfig, parseYaml((await readAccessFile(path)).toString("utf8"), path), { path, field: "" });
  const name = context ?? config["current-context"];
  if (!name) throw new ClusterAccessError("invalid", `${path}: current-context is empty and no context was named`);
  const chosen = config.contexts.find((entry) => entry.name === name)?.context;
  if (chosen === undefined) throw new ClusterAccessError("invalid", `${path}: there is no context "${name}"`);
  const clusterPlace = { path, field: `clusters[${chosen.cluster}].cluster` };
  const clusterEntry = config.clusters.find((entry) => entry.name === chosen.cluster);
  if (clusterEntry === undefined) throw new ClusterAccessError("invalid", `${path}: there is no ${clusterPlace.field}`);
  refuseFields(clusterEntry.cluster, refusedOfCluster, clusterPlace);
  const cluster = parse(Cluster, clusterEntry.cluster, clusterPlace);
  const user = readUser(config, { path, field: `users[${chosen.user ?? ""}].user` }, chosen.user);
  return {
    server: parseServer(cluster.server, clusterPlace),
    tls: { ...(await clusterTls(cluster, clusterPlace)), ...(await userTls(user, path)) },
    readToken: tokenReader(user, path),
  };
}

const refusedOfCluster = ["proxy-url"];
const refusedOfUser = ["exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"];

function refuseFields(value: unknown, refused: readonly string[], { path, field }: Place): void {
  if (typeof value !== "object" || value === null) return;
  const found = refused.find((name) => Object.hasOwn(value, name));
  if (found !== undefined) throw new ClusterAccessError("unsupported", `${path}: ${field}.${found} is not supported`);
}

function readUser(config: z.infer<typeof Kubeconfig>, place: Place, name: string | undefined): z.infer<typeof User> {
  if (!name) return {};
  const entry = config.users?.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new ClusterAccessError("invalid", `${place.path}: there is no ${place.field}`);
  refuseFields(entry.user, refusedOfUser, place);
  return parse(User, entry.user ?? {}, place);
}

function parseServer(text: string, { path, field }: Place): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol)) {
    throw new ClusterAccessError("invalid", `${path}: ${field}.server must be an http or https URL`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new ClusterAccessError(
      "invalid",
      `${path}: ${field}.server must not hold credentials, a query or a fragment`,
    );
  }
  return url;
}

async function clusterTls(cluster: z.infer<typeof Cluster>, place: Place): Promise<ClusterAccess["tls"]> {
  const ca = await dataOrFile(cluster["certificate-authority-data"], cluster["certificate-authority"], place.path);
  const servername = cluster["tls-server-name"];
  const insecure = cluster["insecure-skip-tls-verify"] === true;
  if (insecure && ca !== undefined) {
    const field = `${place.field}.insecure-skip-tls-verify`;
    throw new ClusterAccessError("invalid", `${place.path}: ${field} contradicts the certificate authority beside it`);
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
}

async function userTls(user: z.infer<typeof User>, path: string): Promise<ClusterAccess["tls"]> {
  const cert = await dataOrFile(user["client-certificate-data"], user["client-certificate"], path);
  const key = await dataOrFile(user["client-key-data"], user["client-key"], path);
  if ((cert === undefined) !== (key === undefined)) {
    throw new ClusterAccessError("invalid", `${path}: a client certificate and its client key go together`);
  }
  return cert === undefined || key === undefined ? {} : { cert, key };
}

function tokenReader(user: z.infer<typeof User>, path: string): ClusterAccess["readToken"] {
  if (user.tokenFile !== undefined) return tokenFromFile(resolve(dirname(path), user.tokenFile));
  const token = user.token?.trim();
  if (token === undefined || token === "") return undefined;
  registerSecret(token);
  return () => Promise.resolve(token);
}

async function dataOrFile(
  data: string | undefined,
  file: string | undefined,
  path: string,
): Promise<Buffer | undefined> {
  if (data !== undefined) return Buffer.from(data, "base64");
  return file === undefined ? undefined : readAccessFile(resolve(dirname(path), file));
}

function parseYaml(text: string, path: string): unknown {
  try {
    return load(text);
  } catch {
    // The parser's message quotes the text around the mistake, which may be a credential, so it is not even a cause.
    throw new ClusterAccessError("invalid", `${path} is not YAML`);
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, { path, field }: Place): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = [field, ...(issue?.path ?? [])].filter((part) => part !== "").join(".");
  throw new ClusterAccessError("invalid", `${path}: ${at === "" ? "" : `${at}: `}${issue?.message ?? "invalid"}`);
}
