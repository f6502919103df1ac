/** One file of a commit. Modes are Git's: 100644, 100755, 120000 (symlink), 160000 (submodule). */
export interface SnapshotFile {
  /** The content's id: equal ids are equal bytes. */
  blob: string;
  mode: string;
}

/** The files of one commit. Immutable; contents are read when they are asked for. */
export interface Snapshot {
  /** Commit id; `worktree` for a folder that is validated as it lies on disk. */
  commit: string;
  /** The folder that holds the manifests, relative to the repository, without a slash at the end; '' is all of it. */
  manifestPath: string;
  /** Every file of the repository by its path, `/` between folders. */
  files: ReadonlyMap<string, SnapshotFile>;
  /**
   * Paths that are left out of `files`, sorted: not UTF-8, with control characters, or with a part that is empty,
   * `.` or `..`. Written so that they can be shown: such bytes as `\xNN`.
   */
  unreadable?: readonly string[];
  /** The paths that were added, changed or removed since the snapshot of that commit, where that is known. */
  changesFrom?: { commit: string; paths: readonly string[] };
  /**
   * Contents by blob id. A blob larger than `limit` bytes comes back as its size instead.
   * Throws if the repository does not have one of them.
   */
  read(blobs: readonly string[], limit: number): Promise<ReadonlyMap<string, Buffer | { tooLarge: number }>>;
}
