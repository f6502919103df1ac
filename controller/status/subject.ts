import { type DocumentKey, folders, partsOf } from './layout.ts';

/** Subject of a commit: counts what it changes, `status: 2 invocations, 1 instance at 1a2b3c4`. */
export function subjectOf(keys: readonly DocumentKey[], acceptedCommit: string | undefined): string {
  const counted = folders.toReversed().flatMap((folder) => {
    const count = keys.filter((key) => partsOf(key)?.folder === folder).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? folder.slice(0, -1) : folder}`];
  });
  const what = counted.length > 0 ? counted.join(', ') : 'controller';
  return `status: ${what}${acceptedCommit === undefined ? '' : ` at ${acceptedCommit.slice(0, 7)}`}`;
}
