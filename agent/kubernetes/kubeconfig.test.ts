import { access, mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClusterAccessError } from "./cluster-access.ts";
import { loadInClusterAccess } from "./in-cluster.ts";
import { loadKubeconfig } from "./kubeconfig.ts";

/** Where a command of a kubeconfig would leave a file. */
const trace = join(tmpdir(), `kubeconfig-command-${process.pid}`);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  await writeFile(join(folder, "ca.pem"), "from a file");
  await writeFile(join(folder, "token"), "from-a-file\n");
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function write(cluster: object, user: object | undefined, rest: object = {}): Promise<string> {
  const path = join(folder, "config");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "here",
    contexts: [
      { name: "here", context: { cluster: "c", ...(user === undefined ? {} : { user: "u" }) } },
      { name: "there", context: { cluster: "d" } },
    ],
    clusters: [
      { name: "c", cluster: { server: "https://one.example:6443", ...cluster } },
      { name: "d", cluster: { server: "http://127.0.0.1:8001/k8s/clusters/d" } },
    ],
    users: user === undefined ? [] : [{ name: "u", user }],
    ...rest,
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

async function failureOf(path: string, context?: string): Promise<ClusterAccessError> {
  const options = context === undefined ? { path } : { path, context };
  const error = await loadKubeconfig(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClusterAccessError)) throw new Error("no ClusterAccessError");
  return error;
}

describe("a kubeconfig", () => {
  test("gives server, certificates and token of its current context", async () => {
    const cluster = { "certificate-authority-data": base64("authority"), "tls-server-name": "api.example" };
    const user = {
      token: "s3cret-token",
      "client-certificate-data": base64("certificate"),
      "client-key-data": base64("key"),
    };
    const { readToken, ...access } = await loadKubeconfig({ path: await write(cluster, user) });
    expect(access).toEqual({
      server: new URL("https://one.example:6443"),
      tls: {
        ca: Buffer.from("authority"),
        servername: "api.example",
        cert: Buffer.from("certificate"),
        key: Buffer.from("key"),
      },
    });
    expect(await readToken?.()).toBe("s3cret-token");
  });

  test("gives a named context, here over http below a path and as nobody", async () => {
    expect(await loadKubeconfig({ path: await write({}, {}), context: "there" })).toEqual({
      server: new URL("http://127.0.0.1:8001/k8s/clusters/d"),
      tls: {},
      readToken: undefined,
    });
  });

  test("takes files relative to its own folder, and a token file over a token", async () => {
    const path = await write({ "certificate-authority": "ca.pem" }, { token: "inline", tokenFile: "token" });
    const { tls, readToken } = await loadKubeconfig({ path });
    expect(tls).toEqual({ ca: Buffer.from("from a file") });
    expect(await readToken?.()).toBe("from-a-file");
  });

  test("skips verification only where it says so", async () => {
    expect((await loadKubeconfig({ path: await write({ "insecure-skip-tls-verify": true }, {}) })).tls).toEqual({
      rejectUnauthorized: false,
    });
  });

  test.each([
    { what: "exec", user: { exec: { command: "touch", args: [trace] } }, field: "users[u].user.exec" },
    { what: "an auth-provider", user: { "auth-provider": { name: "oidc" } }, field: "users[u].user.auth-provider" },
    { what: "a password", user: { username: "a", password: "hunter2" }, field: "users[u].user.username" },
    { what: "impersonation", user: { token: "t", as: "root" }, field: "users[u].user.as" },
    { what: "a proxy", cluster: { "proxy-url": "http://p" }, field: "clusters[c].cluster.proxy-url" },
  ])("C53 with $what is refused by the field's name", async ({ user = {}, cluster = {}, field }) => {
    const path = await write(cluster, user);
    const error = await failureOf(path);
    expect(error.code).toBe("unsupported");
    expect(error.message).toBe(`${path}: ${field} is not supported`);
    await expect(access(trace)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.each<{ readonly what: string; readonly cluster?: object; readonly user?: object; readonly message: RegExp }>([
    {
      what: "credentials in the server",
      cluster: { server: "https://a:hunter2@b" },
      message: /must not hold credentials/u,
    },
    { what: "another protocol", cluster: { server: "ftp://b" }, message: /http or https URL/u },
    {
      what: "an authority that is not verified",
      cluster: { "insecure-skip-tls-verify": true, "certificate-authority-data": "YQ==" },
      message: /contradicts/u,
    },
    {
      what: "a certificate without a key",
      user: { "client-certificate-data": "aHVudGVyMg==" },
      message: /go together/u,
    },
    { what: "a token that is no text", user: { token: { hunter2: 1 } }, message: /users\[u\]\.user\.token: /u },
  ])("C41 with $what is invalid, and no value is repeated", async ({ cluster = {}, user = {}, message }) => {
    const error = await failureOf(await write(cluster, user));
    expect(error.code).toBe("invalid");
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("hunter2");
  });

  test("that is no YAML, is not there, or lacks the context says which", async () => {
    const path = join(folder, "broken");
    await writeFile(path, "users: [{token: hunter2}");
    const broken = await failureOf(path);
    expect([broken.code, broken.message, broken.cause]).toEqual(["invalid", `${path} is not YAML`, undefined]);
    expect((await failureOf(join(folder, "none"))).code).toBe("unreadable");
    const config = await write({}, {});
    expect((await failureOf(config, "elsewhere")).message).toBe(`${config}: there is no context "elsewhere"`);
  });
});

describe("inside a pod", () => {
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };

  test("the token is read again when its file changes, and stands while it is away", async () => {
    const account = join(folder, "account");
    await mkdir(account);
    await writeFile(join(account, "ca.crt"), "authority");
    await writeFile(join(account, "token"), "first\n");
    const { server, tls, readToken } = await loadInClusterAccess({ env, folder: account });
    expect(server.href).toBe("https://[fd00::1]/");
    expect(tls).toEqual({ ca: Buffer.from("authority") });
    expect(await readToken?.()).toBe("first");
    await writeFile(join(account, "token"), "other\n");
    await utimes(join(account, "token"), new Date(), new Date(2_000_000_000_000));
    expect(await readToken?.()).toBe("other");
    await rm(join(account, "token"));
    expect(await readToken?.()).toBe("other");
  });

  test("a process outside of one is told so", async () => {
    await expect(loadInClusterAccess({ env: {} })).rejects.toThrow("not in a cluster");
  });
});
