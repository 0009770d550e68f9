/** Whether each listener of a gateway has a port of its own: of the gateway and, where Envoy Gateway makes them, of its pods. */
import type { GatewaySettings } from "../../schemas/managed-gateways.ts";
import type { Finding } from "./finding.ts";

type Listener = { readonly port: number; readonly path: Finding["path"] };

type Listeners = { readonly overTcp: readonly Listener[]; readonly overUdp: readonly Listener[] };

/** `path` is where the settings stand. */
export function checkListeners(settings: GatewaySettings, path: Finding["path"]): readonly Finding[] {
  const { overTcp, overUdp } = listenersOf(settings, path);
  return [overTcp, overUdp].flatMap((listeners) =>
    listeners
      .filter((one, index) => listeners.findIndex(({ port }) => port === one.port) !== index)
      .map(({ port, path: below }) => ({
        code: "host-conflict",
        message: `the gateway listens on port ${port} twice`,
        remedy: "give each listener a port of its own",
        path: below,
      })),
  );
}

/** Pods may not open what is below it, and listen that much above (v1.9.1, internal/gatewayapi/translator.go and listener.go). */
const openFrom = 1024;
const shift = 10_000;

/** Over TCP (v1.9.1, internal/xds/bootstrap/bootstrap.go and internal/cmd/envoy/shutdown_manager.go). */
const keptPorts: ReadonlyMap<number, string> = new Map([
  [19_000, "administration"],
  [19_001, "metrics"],
  [19_002, "shutting down"],
  [19_003, "readiness"],
]);

/** Of gateways that Envoy Gateway makes: a listener whose port is taken in the pods opens nothing, or stops them from being ready. */
export function checkPodPorts(settings: GatewaySettings, path: Finding["path"]): readonly Finding[] {
  const { overTcp, overUdp } = listenersOf(settings, path);
  const kept = overTcp.flatMap(({ port, path: below }): readonly Finding[] => {
    const use = keptPorts.get(port);
    if (use === undefined) return [];
    const message = `the gateway listens on port ${port}, which Envoy Gateway keeps for ${use} in its pods`;
    return [{ code: "host-conflict", message, remedy: "take another port", path: below }];
  });
  return [...[overTcp, overUdp].flatMap(sharedInPods), ...kept];
}

/** The later of two that are two at the gateway and one in its pods. */
function sharedInPods(listeners: readonly Listener[]): readonly Finding[] {
  return listeners.flatMap(({ port, path }, index): readonly Finding[] => {
    const other = listeners.slice(0, index).find((one) => one.port !== port && podPort(one.port) === podPort(port));
    if (other === undefined) return [];
    const message = `ports ${other.port} and ${port} of the gateway are both ${podPort(port)} in its pods, where Envoy Gateway adds ${shift} to ports below ${openFrom}`;
    return [{ code: "host-conflict", message, remedy: "take another port for one of them", path }];
  });
}

function podPort(port: number): number {
  return port < openFrom ? port + shift : port;
}

function listenersOf(settings: GatewaySettings, path: Finding["path"]): Listeners {
  const { http, https, passthrough, tcp = [], udp = [] } = settings;
  return {
    overTcp: [
      ...(http === undefined ? [] : [{ port: http.port, path: [...path, "http"] }]),
      ...(https === undefined ? [] : [{ port: https.port, path: [...path, "https"] }]),
      ...(passthrough === undefined ? [] : [{ port: passthrough.port, path: [...path, "passthrough"] }]),
      ...tcp.map((port, index) => ({ port, path: [...path, "tcp", index] })),
    ],
    overUdp: udp.map((port, index) => ({ port, path: [...path, "udp", index] })),
  };
}
