/**
 * The command lines of a cluster's five programs. Chosen for a quick boot and little memory: etcd without fsync (it
 * survives our crash, not the machine's), an early garbage collector in the API server (156 instead of 192 MiB, measured),
 * no leader election, and no serving ports where nobody asks.
 */

import { join } from "node:path";

import type { Program } from "./process-group.ts";

export type ProgramName = (typeof programNames)[number];

/** In order of start. */
export const programNames = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"] as const;

/** In order of stop. The API server goes before etcd: without it, it would linger for ten seconds. */
export const stopWaves: readonly (readonly ProgramName[])[] = [
  ["kwok", "kube-scheduler", "kube-controller-manager"],
  ["kube-apiserver"],
  ["etcd"],
];

export type ClusterLayout = {
  readonly folder: string;
  /** Where the five programs lie. */
  readonly programsFolder: string;
  readonly stagePaths: readonly string[];
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
  readonly apiServerPort: number;
  readonly isAudited: boolean;
};

/** Loopback addresses, so that a test can listen where a Service's cluster address points. */
const serviceAddresses = "127.96.0.0/16";

export function clusterPaths(folder: string) {
  return {
    kubeconfig: join(folder, "kubeconfig"),
    certificates: join(folder, "certificates"),
    /** Written by the API server: its certificate, then that of the authority it made up to sign it. */
    serverCertificate: join(folder, "certificates", "apiserver.crt"),
    serverKey: join(folder, "certificates", "apiserver.key"),
    serviceAccountKey: join(folder, "service-account.key"),
    tokens: join(folder, "tokens.csv"),
    auditPolicy: join(folder, "audit-policy.json"),
    auditLog: join(folder, "audit.log"),
    etcd: join(folder, "etcd"),
    logs: join(folder, "logs"),
  } as const;
}

/** The program to start under this name. Pure: every file it mentions is somebody else's to write. */
export function describeProgram(name: ProgramName, layout: ClusterLayout): Program {
  return {
    name,
    path: join(layout.programsFolder, name),
    arguments: programArguments[name](layout),
    environment: {
      // KWOK looks for a configuration below the home folder.
      HOME: layout.folder,
      PATH: "/usr/bin:/bin",
      GITPLANE_EXIT_WITH_STDIN: "yes",
      ...(name === "kube-apiserver" ? { GOGC: "50" } : {}),
    },
  };
}

const programArguments: Readonly<Record<ProgramName, (layout: ClusterLayout) => string[]>> = {
  etcd: etcdArguments,
  "kube-apiserver": apiServerArguments,
  "kube-controller-manager": controllerManagerArguments,
  "kube-scheduler": ({ folder }) => [...clientArguments(folder), "--kube-api-qps=400", "--kube-api-burst=800"],
  kwok: kwokArguments,
};

function etcdArguments({ folder, etcdPort, etcdPeerPort }: ClusterLayout): string[] {
  const clientUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${etcdPeerPort}`;
  return [
    `--data-dir=${clusterPaths(folder).etcd}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiServerArguments({ folder, etcdPort, apiServerPort, isAudited }: ClusterLayout): string[] {
  const paths = clusterPaths(folder);
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--cert-dir=${paths.certificates}`,
    `--secure-port=${apiServerPort}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    // There is no second API server whose endpoints would have to be reconciled with ours.
    "--endpoint-reconciler-type=none",
    `--service-cluster-ip-range=${serviceAddresses}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${paths.serviceAccountKey}`,
    `--service-account-signing-key-file=${paths.serviceAccountKey}`,
    `--token-auth-file=${paths.tokens}`,
    "--authorization-mode=RBAC",
    // As installers set it: without it Pod Security would have nothing left to refuse.
    "--allow-privileged=true",
    "--profiling=false",
    ...(isAudited
      ? [
          `--audit-policy-file=${paths.auditPolicy}`,
          `--audit-log-path=${paths.auditLog}`,
          // Megabytes: never turn the file over, because readers count from an offset in it.
          "--audit-log-maxsize=1000000",
        ]
      : []),
  ];
}

function controllerManagerArguments({ folder }: ClusterLayout): string[] {
  const paths = clusterPaths(folder);
  return [
    ...clientArguments(folder),
    `--service-account-private-key-file=${paths.serviceAccountKey}`,
    `--root-ca-file=${paths.serverCertificate}`,
    // The defaults are for one busy cluster among many clients; here they would be the slowest part of a test.
    "--kube-api-qps=400",
    "--kube-api-burst=800",
  ];
}

/** What the controller manager and the scheduler share; port zero turns serving off. */
function clientArguments(folder: string): string[] {
  return [`--kubeconfig=${clusterPaths(folder).kubeconfig}`, "--leader-elect=false", "--secure-port=0"];
}

function kwokArguments({ folder, stagePaths }: ClusterLayout): string[] {
  return [
    `--kubeconfig=${clusterPaths(folder).kubeconfig}`,
    "--manage-all-nodes",
    "--node-lease-duration-seconds=40",
    "--node-ip=127.0.0.1",
    ...stagePaths.map((path) => `--config=${path}`),
  ];
}
