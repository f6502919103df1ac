// What Linux says of a running process.
import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of the process so far, all its threads, in seconds. Its children are not in it. */
export function cpuSeconds(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => {
    try {
      return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      return 0; // The thread ended meanwhile.
    }
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

/** Memory of the process in MB: all that is in RAM, and what is its own and would not be there without it. */
export function memory(pid: number): { rss: number; privateDirty: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (name: string): number => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kibibytes === undefined) throw new Error(`smaps_rollup has no ${name}`);
    return Number(kibibytes) / 1024;
  };
  return { rss: megabytes('Rss'), privateDirty: megabytes('Private_Dirty') };
}

export function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
