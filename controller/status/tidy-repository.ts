import type { StatusRepository } from './status-repository.ts';

const commitsBetween = 50;

/**
 * Keeps the copy from growing without bounds: call it after each commit. Every 50 commits git looks, in the
 * background, whether there is enough to be worth packing; objects of commits that lost a race go after an hour.
 */
export function tidier(repository: StatusRepository): { committed(): void; idle(): Promise<void> } {
  let commits = commitsBetween; // what an earlier process left is looked at first
  let running: Promise<void> | undefined;
  return {
    committed() {
      commits += 1;
      if (commits < commitsBetween || running !== undefined) return;
      commits = 0;
      running = repository
        .local(['gc', '--auto', '--quiet', '--prune=1.hour.ago'])
        .then(() => undefined)
        // A copy that is broken shows itself at the next commit, and is then made anew.
        .catch(() => undefined)
        .finally(() => {
          running = undefined;
        });
    },
    idle: async () => running,
  };
}
