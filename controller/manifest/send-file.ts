// sendFile: a file that is put on instances. The codes are Cloud Assistant's where it has one.
import type { InvocationSpec, SendFile } from '../../schemas/generated/invocation.ts';
import { type Problem, problem } from '../../schemas/problem.ts';
import type { ProblemCode } from '../../schemas/problem-codes.ts';
import { quote, shown } from '../../schemas/schema-findings.ts';
import type { Locate } from '../../schemas/schema-problems.ts';
import { base64Bytes, base64Length } from './base64.ts';
import type { FileSpec } from './catalog.ts';
import type { Limits } from './limits.ts';
import type { ParsedFileSpec } from './parsed.ts';

/** The longest name that Linux has, in bytes. */
const maxNameBytes = 255;

/** Fields that say something about a script, and nothing about a file. */
const commandFields = ['parameters', 'workingDir', 'username', 'launcher', 'terminationMode'] as const;

/** A sendFile, which the schema has found nothing against. */
export function parseSendFile(
  spec: InvocationSpec,
  written: SendFile,
  locate: Locate,
  { file: { bytes: mostBytes } }: Limits,
): { parsed?: ParsedFileSpec; problems: Problem[] } {
  const problems = [...unusedFields(spec, locate), ...fileFaults(written, locate)];
  const { name, targetDir, owner, group, mode = '0644', overwrite = false, source } = written;
  const file: Omit<FileSpec, 'blob'> = {
    name,
    targetDir,
    ...(owner !== undefined && { owner }),
    ...(group !== undefined && { group }),
    mode,
    overwrite,
  };
  if (source !== undefined) {
    const place = locate(['spec', 'sendFile', 'source'], 'value');
    return { parsed: { content: 'elsewhere', file, source, place }, problems };
  }
  const bytes = inlineBytes(written, locate, mostBytes);
  if (!Buffer.isBuffer(bytes)) return { problems: [...problems, bytes] };
  return { parsed: { content: 'here', file, bytes }, problems };
}

function unusedFields(spec: InvocationSpec, locate: Locate): Problem[] {
  return commandFields
    .filter((field) => spec[field] !== undefined)
    .map((field) => {
      const what = `${field} means something only where a script runs`;
      return problem('CommandFieldUnused', locate(['spec', field], 'key'), { what, found: 'sendFile' });
    });
}

function fileFaults({ name, targetDir, mode }: SendFile, locate: Locate): Problem[] {
  const at = (field: keyof SendFile, code: ProblemCode, what: string, legal: string, found: string) =>
    problem(code, locate(['spec', 'sendFile', field], 'value'), { what, found, legal });
  const problems: Problem[] = [];
  if (!isFileName(name)) {
    const legal = `at most ${maxNameBytes} bytes without / and control characters; not . or ..`;
    problems.push(at('name', 'FileNameInvalid', 'no file can have this name', legal, quote(name)));
  }
  if (!isFolderPath(targetDir)) {
    const legal = 'an absolute path without ..';
    problems.push(
      at('targetDir', 'FilePathInvalid', 'this is no folder to put a file in', legal, quote(targetDir)),
    );
  }
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode))
    problems.push(
      at('mode', 'FileAuthorityInvalid', 'mode is no octal mode', '"0644", "755", ...', quote(mode)),
    );
  return problems;
}

function isFileName(name: string): boolean {
  if (name === '.' || name === '..' || name.includes('/') || hasControls(name)) return false;
  return Buffer.byteLength(name) <= maxNameBytes;
}

function isFolderPath(path: string): boolean {
  return path.startsWith('/') && !hasControls(path) && !path.split('/').includes('..');
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function inlineBytes(
  { content, contentBase64 = '' }: SendFile,
  locate: Locate,
  mostBytes: number,
): Buffer | Problem {
  const field = content === undefined ? 'contentBase64' : 'content';
  const place = locate(['spec', 'sendFile', field], 'value');
  const bytes = content === undefined ? base64Bytes(contentBase64) : Buffer.from(content);
  if (bytes === undefined) {
    const finding = { what: 'contentBase64 is not Base64', found: shown(contentBase64.slice(0, 40)) };
    return problem('FileContentInvalid', place, finding);
  }
  const size = base64Length(bytes.length);
  if (size <= mostBytes) return bytes;
  const what = 'the content is too large to stand in a manifest';
  const finding = { what, found: `${size} bytes in Base64`, legal: `${mostBytes} at most` };
  return problem('FileContentTooLarge', place, finding);
}
