// One agent a data folder. The lock file names its owner by pid, start time and boot, so that a lock whose owner
// was killed is known to be stale.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { AgentFault, exitCodes, systemCode } from '../fault.ts';
import { bootId, processStatus } from '../host/process-table.ts';

/** Takes the lock or throws; returns what gives it back. */
export function takeLock(dataDir: string): () => void {
  const path = `${dataDir}/lock`;
  const mine = `${path}.${process.pid}`;
  const text = `${process.pid} ${processStatus(process.pid)?.startTicks} ${bootId()}\n`;
  writeFileSync(mine, text, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (linked(mine, path)) return () => releaseLock(path, text);
      clearStaleLock(path, mine);
    }
    throw new AgentFault(`the lock ${path} cannot be taken`, exitCodes.refused);
  } finally {
    rmSync(mine, { force: true });
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function clearStaleLock(path: string, mine: string): void {
  const owner = readLock(path);
  if (owner === undefined) return;
  const [pid = '', ticks = '', boot = ''] = owner.trim().split(' ');
  const alive = boot === bootId() && processStatus(Number(pid))?.startTicks === Number(ticks);
  if (alive)
    throw new AgentFault(`another agent (pid ${pid}) works in this folder: ${path}`, exitCodes.refused);
  // Two starters may both see the stale lock: what was moved away is looked at once more.
  const aside = `${mine}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  if (readLock(aside) !== owner) linked(aside, path);
  rmSync(aside, { force: true });
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function releaseLock(path: string, text: string): void {
  if (readLock(path) === text) rmSync(path, { force: true });
}
