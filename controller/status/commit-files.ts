import { createHash } from 'node:crypto';
import type { ObjectFormat } from '../source/git-folder.ts';
import { type StatusRepository, tipRef } from './status-repository.ts';

/** Content of a file, or that it is to be gone. */
export type FileContent = Buffer | undefined;

export interface CommitMessage {
  subject: string;
  /** Seconds since 1970, UTC. */
  at: number;
}

/**
 * Makes one commit that changes these files and leaves all others: on `parent`, or without any. Returns its id.
 * The ref of the copy moves to it. One git process, whatever the number of files.
 */
export async function commitFiles(
  repository: StatusRepository,
  parent: string | undefined,
  files: ReadonlyMap<string, FileContent>,
  { subject, at }: CommitMessage,
): Promise<string> {
  const who = `groundcrew <groundcrew@localhost> ${at} +0000`;
  const message = Buffer.from(`${subject}\n`);
  const parts: Buffer[] = [
    Buffer.from(`commit ${tipRef}\nmark :1\nauthor ${who}\ncommitter ${who}\ndata ${message.length}\n`),
    message,
    Buffer.from(parent === undefined ? '' : `from ${parent}\n`),
  ];
  // The paths need no quotes: they are made of the letters that names are made of.
  for (const [path, content] of files) {
    if (content === undefined) parts.push(Buffer.from(`D ${path}\n`));
    else parts.push(Buffer.from(`M 100644 inline ${path}\ndata ${content.length}\n`), content, newline);
  }
  parts.push(Buffer.from('\nget-mark :1\ndone\n'));
  const answer = await repository.local(
    ['fast-import', '--quiet', '--done', '--date-format=raw'],
    Buffer.concat(parts),
  );
  return answer.toString().trim();
}

const newline = Buffer.from('\n');

/** The id that Git gives these bytes in a repository of this format. */
export function blobId(content: Buffer, format: ObjectFormat): string {
  return createHash(format).update(`blob ${content.length}\0`).update(content).digest('hex');
}
