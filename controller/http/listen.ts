import { isLoopback } from '../../schemas/loopback.ts';

export interface ListenAddress {
  host: string;
  port: number;
}

/** `127.0.0.1:7480` or `[::1]:7480`; undefined for a text that is none. */
export function readListenAddress(text: string): ListenAddress | undefined {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || port === undefined || Number(port) > 65_535) return undefined;
  return { host, port: Number(port) };
}

/** Throws where orders and results would cross a network in the clear. */
export function requireTlsBeyondLoopback({ host }: ListenAddress, hasTls: boolean): void {
  if (hasTls || isLoopback(host)) return;
  throw new Error(
    `refuses to listen on ${host} without TLS: give --tls-cert and --tls-key, or listen on 127.0.0.1`,
  );
}
