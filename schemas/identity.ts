import { sha256 } from './digest.ts';

/** `mi-…` of the machine that has this Ed25519 key: derived, so that a repeated enrolment is the same instance. */
export function instanceIdOf(publicKey: string): string {
  return `mi-${sha256(`groundcrew-instance-v1\n${publicKey}`).slice(0, 20)}`;
}

/** `r-…` of the run with this digest (SHA-256 hex of what would execute). */
export function runIdOf(digest: string): string {
  return `r-${digest.slice(0, 24)}`;
}

/** Unit of dispatch: run × occurrence × instance. The id says all three, so nothing has to look it up. */
export function executionIdOf(run: string, occurrence: string, instance: string): string {
  return `${run}.${occurrence}.${instance}`;
}

/** The parts of an execution id; undefined if it is none. */
export function executionParts(
  id: string,
): { run: string; occurrence: string; instance: string } | undefined {
  const [run, occurrence, instance, ...more] = id.split('.');
  if (run === undefined || occurrence === undefined || instance === undefined || more.length > 0)
    return undefined;
  return { run, occurrence, instance };
}
