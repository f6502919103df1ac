import type { Snapshot } from './snapshot.ts';

/** What a look at the branch found. */
export type Sighting =
  | { is: 'at'; commit: string }
  /** The repository answers, but has no such branch (or no commit at all). Never taken for a deletion. */
  | { is: 'missing'; message: string; hint: string }
  /** No answer, or a refusal. `retryInSeconds` is the backoff now in force. */
  | { is: 'unreachable'; message: string; hint: string; retryInSeconds: number };

/** Where manifests come from. Git is known in here and in status/, nowhere else. */
export interface Source {
  /**
   * Asks where the branch is and fetches it if it moved. Never rejects for what Git or the network do. Never twice
   * at once: who asks meanwhile shares one more look that starts when this one has ended. While a server's
   * Retry-After runs, the last answer is given again and the server is left alone.
   */
  look(): Promise<Sighting>;
  /** The files of a commit that look() reported. With `previous`, only what differs is listed anew. */
  snapshot(commit: string, previous?: Snapshot): Promise<Snapshot>;
  /** Whether `ancestor` is reachable from `commit` (or is it). False if the repository does not know `ancestor`. */
  isAncestor(ancestor: string, commit: string): Promise<boolean>;
  /** Whether the commit can still be read here. */
  has(commit: string): Promise<boolean>;
  /** Keeps this commit's objects from being collected, in place of the one pinned before. */
  pin(commit: string): Promise<void>;
  /** Calls `nudge` when it may be worth to look: the watched refs changed, or the interval is over. Returns how to stop. */
  watch(nudge: () => void): () => void;
  close(): Promise<void>;
}
