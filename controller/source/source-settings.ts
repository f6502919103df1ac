import type { GitAccess } from './access.ts';
import type { GitEnvironment } from './git.ts';

/** What a source tells the log: constant texts with fields, as pino takes them. */
export interface SourceLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface SourceSettings {
  access: GitAccess;
  /** Full name, refs/heads/…. */
  ref: string;
  /** As in Snapshot.manifestPath. */
  manifestPath: string;
  dataDir: string;
  intervalSeconds: number;
  environment: GitEnvironment;
  log: SourceLog;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 ≤ r < 1. */
  random: () => number;
}
