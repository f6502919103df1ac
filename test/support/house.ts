import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The files of this repository that Git knows or would take, by path, with their text. */
export function ourFiles(folders: readonly string[] = ['.']): ReadonlyMap<string, string> {
  const list = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...folders],
    { cwd: root, encoding: 'utf8' },
  );
  const files = list.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
  return new Map([...new Set(files)].map((file) => [file, readFileSync(join(root, file), 'utf8')]));
}

/** Code without comments, so that a rule about code may be named in one. Strings and line numbers stay. */
export function withoutComments(code: string): string {
  return code.replace(
    /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm,
    (comment, text?: string) => text ?? comment.replace(/[^\n]/g, ''),
  );
}
