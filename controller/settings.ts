import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { durationSeconds } from '../schemas/duration.ts';
import type { ControllerConfig } from '../schemas/generated/config.ts';
import { type ListenAddress, readListenAddress } from './http/listen.ts';
import { gitEnvironment, openAccess } from './source/open-source.ts';
import { Refused } from './source/refused.ts';

/** The configuration as the parts need it: durations in seconds, files read, paths absolute. */
export interface Settings {
  config: ControllerConfig;
  data: string;
  listen: ListenAddress;
  tls?: { cert: string; key: string };
  intervalSeconds: number;
  /** Bytes of output that are kept of an execution. */
  outputBytes: number;
  /** For how long, and how many results there may be in all. */
  keep: { seconds: number; executions: number };
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
    outputBytes: config['output-kept'] ?? 24 * 1024,
    keep: {
      seconds: durationSeconds(config['keep-results-for'] ?? '30d') ?? 30 * 86_400,
      executions: config['keep-results'] ?? 100_000,
    },
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

/** How git is run, and what reads the repository and what writes the status branch: apart, as their credentials are. */
export function gitSettings(
  { config, data }: Settings,
  { searchPath, workingFolder }: { searchPath: string; workingFolder: string },
) {
  const shared = defined({ caFile: config['git-ca-file'], sshKnownHosts: config['ssh-known-hosts'] });
  const reading = {
    ...shared,
    ...defined({ tokenFile: config['read-token-file'], sshKeyFile: config['ssh-key-file'] }),
  };
  const writing = {
    ...reading,
    ...defined({ tokenFile: config['write-token-file'], sshKeyFile: config['write-ssh-key-file'] }),
  };
  const status = {
    folder: join(data, 'status.git'),
    access: openAccess(config.repo, writing, workingFolder),
    branch: config['status-branch'] ?? 'groundcrew-status',
    environment: gitEnvironment(data, searchPath),
  };
  return { reading, status };
}

/** Without the members that are undefined. */
function defined<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  const kept: { [K in keyof T]?: string } = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}
