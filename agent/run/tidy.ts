import { messageOf } from '../fault.ts';
import { blobPath, removeBlob } from '../fetch/fetch-blob.ts';
import type { Log } from '../log.ts';
import { keepScripts, removeStubbornFolders, removeTaskFolders } from './task-folder.ts';

export interface Tidy {
  /** Removes what is left of an execution on the disk. It may take a while, or fail: nothing depends on it. */
  remove(execution: string): void;
}

/**
 * What cannot be removed is tried again in the next life of the agent, for as long as the journal knows it. Scripts
 * are kept where somebody wants to look at them.
 */
export function makeTidy(tasks: string, log: Log, keep: boolean): Tidy {
  // One after the other, however many there are.
  let last = Promise.resolve();

  function failed(execution: string, error?: unknown): void {
    const why = error === undefined ? {} : { error: messageOf(error) };
    log.warn('A task folder cannot be removed', { execution, ...why });
  }

  async function removeStubborn(execution: string): Promise<void> {
    try {
      if (!(await removeStubbornFolders(tasks, execution))) failed(execution);
    } catch (error) {
      failed(execution, error);
    }
  }

  return {
    remove(execution) {
      try {
        removeBlob(blobPath(tasks, execution));
        if (keep) return keepScripts(tasks, execution);
        if (removeTaskFolders(tasks, execution)) return;
      } catch (error) {
        return failed(execution, error);
      }
      last = last.then(() => removeStubborn(execution));
    },
  };
}
