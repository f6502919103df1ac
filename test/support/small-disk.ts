import { spawnSync } from 'node:child_process';

/** A file system of this size at the folder, until it is removed; undefined where nothing may be mounted. */
export function smallDisk(folder: string, size: string): { remove(): void } | undefined {
  const options = `size=${size},mode=0700`;
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'groundcrew', folder]).status !== 0) return undefined;
  return { remove: () => void spawnSync('umount', ['--lazy', folder]) };
}
