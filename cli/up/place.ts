import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where a try-out fleet lives; absolute paths. */
export interface Place {
  root: string;
  /** The bare repository that the controller reads and everybody pushes to. */
  origin: string;
  /** A clone of it, to edit, commit and push in. */
  fleet: string;
  controllerData: string;
  tokenFile: string;
  lockFile: string;
  /** What the next start should know: see Memory. */
  memoryFile: string;
  agentData(name: string): string;
  log(name: string): string;
}

/** Makes the folder if it is missing. Git ignores it wherever it lies. */
export function openPlace(folder: string): Place {
  const root = resolve(folder);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const ignore = join(root, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  const controllerData = join(root, 'controller');
  return {
    root,
    origin: join(root, 'origin.git'),
    fleet: join(root, 'fleet'),
    controllerData,
    tokenFile: join(controllerData, 'operator-token'),
    lockFile: join(root, 'up.lock'),
    memoryFile: join(root, 'up.json'),
    agentData: (name) => join(root, 'agents', name),
    log: (name) => join(root, `${name}.log`),
  };
}

/** A process that can be told from a later one with the same id. */
export interface ProcessMark {
  pid: number;
  /** Since boot, as Linux counts it; absent on other systems. */
  startedAt?: string;
}

export interface Memory {
  port?: number;
  children: ProcessMark[];
}

export function readMemory(place: Place): Memory {
  try {
    const { port, children }: Partial<Memory> = JSON.parse(readFileSync(place.memoryFile, 'utf8'));
    return { ...(port === undefined ? {} : { port }), children: children ?? [] };
  } catch {
    return { children: [] };
  }
}

export function writeMemory(place: Place, memory: Memory): void {
  writeFileSync(place.memoryFile, `${JSON.stringify(memory, null, 2)}\n`);
}
