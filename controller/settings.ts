import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { durationSeconds } from '../schemas/duration.ts';
import type { ControllerConfig } from '../schemas/generated/config.ts';
import { type ListenAddress, readListenAddress } from './http/listen.ts';
import { Refused } from './source/refused.ts';

/** The configuration as the parts need it: durations in seconds, files read, paths absolute. */
export interface Settings {
  config: ControllerConfig;
  data: string;
  listen: ListenAddress;
  tls?: { cert: string; key: string };
  intervalSeconds: number;
}

/** Throws Refused for what a schema cannot see. */
export function readSettings(config: ControllerConfig, workingFolder: string): Settings {
  const listen = readListenAddress(config.listen ?? '127.0.0.1:7480');
  if (listen === undefined) throw new Refused('--listen is no address and port', 'Such as 127.0.0.1:7480.');
  const tls = readTls(config['tls-cert'], config['tls-key']);
  return {
    config,
    data: resolve(workingFolder, config.data),
    listen,
    ...(tls !== undefined && { tls }),
    intervalSeconds: durationSeconds(config.interval ?? '60s') ?? 60,
  };
}

function readTls(cert: string | undefined, key: string | undefined): Settings['tls'] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new Refused(
      'TLS needs both --tls-cert and --tls-key',
      'Give both, or none and listen on loopback.',
    );
  }
  return { cert: readPem(cert), key: readPem(key) };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refused(`a TLS file cannot be read: ${reason}`, 'Check its path and its owner.');
  }
}
