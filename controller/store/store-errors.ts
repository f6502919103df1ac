/** A commit could not be written, or the store is closed. What is on disk is unknown: the process must end. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed';
  readonly hint = 'Check disk space and permissions of the data folder, then start again.';
}

/** The store cannot be opened as it is. Nothing of it was changed. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
  readonly reason: 'Locked' | 'OtherFormat' | 'NotAStore' | 'Unreadable';
  readonly hint: string;

  constructor(reason: StoreRefused['reason'], message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.hint = hint;
  }
}
