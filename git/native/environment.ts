/**
 * The surroundings of every git process: built from nothing, so that no file of the machine, no variable of the parent and
 * no prompt decides what git does. Settings travel in the environment and a token only there: an argument list is public.
 */

import { devNull } from "node:os";
import type { Credential, Remote } from "./remote-url.ts";

/** Kept from our own environment: where programs, proxies, authorities and SSH agents are. */
const KEPT = ["PATH", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
const KEPT_LOWER = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
const KEPT_FOR_SSH = ["HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK"];

/** The largest single allocation git may make: a delta of a few bytes can inflate to gigabytes (git/wrapper.c). */
const LARGEST_ALLOCATION_BYTES = 256 * 1024 * 1024;

type Setting = readonly [key: string, value: string];

const SETTINGS: readonly Setting[] = [
  // `committed` is objects only in git 2.39; a ref that a power cut loses is an accepted push undone.
  ["core.fsync", "committed,reference"],
  ["core.fsyncMethod", "batch"],
  ["core.hooksPath", devNull],
  ["core.askPass", ""],
  ["core.filesRefLockTimeout", "1000"],
  ["core.packedRefsTimeout", "2000"],
  ["core.logAllRefUpdates", "false"],
  ["credential.helper", ""],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["receive.autogc", "false"],
  ["advice.pushUpdateRejected", "false"],
];

const REMOTE_SETTINGS: readonly Setting[] = [
  // A redirect to another host would carry the token there (CVE-2026-41506).
  ["http.followRedirects", "false"],
  ["http.lowSpeedLimit", "100"],
  ["http.lowSpeedTime", "30"],
  ["transfer.fsckObjects", "true"],
  // Always one pack, never exploded: the file size limit then bounds the whole fetch.
  ["fetch.unpackLimit", "1"],
  ["fetch.recurseSubmodules", "false"],
  ["protocol.version", "2"],
];

/** For commands that touch only the repository itself. */
export function localEnvironment(gitFolder: string): Record<string, string> {
  return { ...baseEnvironment(gitFolder), ...encodeSettings(SETTINGS) };
}

/** For commands that talk to the remote. The credential goes only to the scheme, host and port of its URL. */
export function remoteEnvironment(gitFolder: string, remote: Remote): Record<string, string> {
  const settings = [...SETTINGS, ...REMOTE_SETTINGS];
  if (remote.credential !== undefined && remote.origin !== undefined) {
    settings.push([`http.${remote.origin}/.extraHeader`, `Authorization: ${basicAuthorization(remote.credential)}`]);
  }
  if (remote.authorityFile !== undefined) settings.push(["http.sslCAInfo", remote.authorityFile]);
  const environment: Record<string, string> = {
    ...baseEnvironment(gitFolder),
    ...encodeSettings(settings),
    GIT_ALLOW_PROTOCOL: remote.protocol,
  };
  if (remote.protocol !== "ssh") return environment;
  return {
    ...environment,
    ...pick(KEPT_FOR_SSH),
    // Whatever the machine's ssh_config says: a host that is not known yet is not believed.
    GIT_SSH_COMMAND: "ssh -oStrictHostKeyChecking=yes -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=15",
  };
}

/** As the header has it, without its name. */
export function basicAuthorization({ user, token }: Credential): string {
  return `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
}

function baseEnvironment(gitFolder: string): Record<string, string> {
  return {
    ...pick([...KEPT, ...KEPT_LOWER]),
    // Not the user's: libcurl reads ~/.netrc, and ~/.config/git may hold attributes.
    HOME: gitFolder,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_ALLOC_LIMIT: String(LARGEST_ALLOCATION_BYTES),
  };
}

function encodeSettings(settings: readonly Setting[]): Record<string, string> {
  const pairs = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}

function pick(names: readonly string[]): Record<string, string> {
  const found = names.map((name) => [name, process.env[name]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(found) as Record<string, string>; // undefined values were just removed
}
