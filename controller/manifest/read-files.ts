import { setImmediate } from 'node:timers/promises';
import { type Problem, problem } from '../../schemas/problem.ts';
import type { Snapshot } from '../source/snapshot.ts';
import { bindFile, type Contents, contentFiles, type ReadContent } from './bind-file.ts';
import type { IndexedFile } from './catalog-index.ts';
import { heldBytes, type Resolved, resolveContent } from './content-file.ts';
import { largeContent } from './large-content.ts';
import type { Limits } from './limits.ts';
import { manifestKind, unusablePaths } from './manifest-files.ts';
import { parseFile } from './parse-file.ts';
import type { ParsedFile } from './parsed.ts';
import { maxFileBytes } from './text.ts';

/** So many contents are held at once while they are parsed. */
const batchSize = 500;
/** Some milliseconds of work: after so many bytes others may go on. */
const bytesAtOnce = 32 * 1024;

/** Reads the manifests at these paths, and the scripts that they take from other files; undefined: it is gone. */
export async function readFiles(
  snapshot: Snapshot,
  paths: Iterable<string>,
  known: (blob: string) => ParsedFile | undefined,
  limits: Limits,
): Promise<Map<string, IndexedFile | undefined>> {
  const files = new Map<string, IndexedFile | undefined>();
  const manifests: { path: string; blob: string }[] = [];
  const unusable = new Set(unusablePaths(snapshot));
  for (const path of paths) {
    const file = snapshot.files.get(path);
    const kind = file === undefined ? undefined : manifestKind(snapshot, path, file);
    if (kind === 'manifest' && file !== undefined) manifests.push({ path, blob: file.blob });
    else files.set(path, refused(path, unusable.has(path) ? 'path' : kind));
  }
  const parsed = await parseBlobs(snapshot, new Set(manifests.map(({ blob }) => blob)), known, limits);
  const wanted = new Map(
    manifests.map((manifest) => {
      const content = parsed.get(manifest.blob);
      if (content === undefined) throw new Error(`the snapshot did not give the content of ${manifest.path}`);
      const named = contentFiles(content).map(({ file, isScript, place }) => ({
        file,
        isScript,
        resolved: resolveContent(snapshot.files, manifest.path, file, place),
      }));
      return [manifest.path, { blob: manifest.blob, content, named }];
    }),
  );
  const read = await readContents(
    snapshot,
    [...wanted.values()].flatMap(({ named }) => named),
    limits,
  );
  for (const [path, { blob, content, named }] of wanted) {
    const contents: Contents = new Map(
      named.map(({ file, resolved }) => [
        file,
        { resolved, read: 'blob' in resolved ? read.get(resolved.blob) : undefined },
      ]),
    );
    files.set(path, {
      content: { blob, parsed: content },
      bound: bindFile(path, content, contents, limits),
      dependsOn: [...new Set(named.flatMap(({ resolved }) => resolved.dependsOn))],
    });
  }
  return files;
}

/**
 * Contents by Git's ids. Of files to send, and of what is large, only the digest is kept; the large ones are read one
 * at a time.
 */
async function readContents(
  snapshot: Snapshot,
  named: readonly { isScript: boolean; resolved: Resolved }[],
  limits: Limits,
): Promise<ReadonlyMap<string, ReadContent>> {
  const isScript = new Map<string, boolean>();
  for (const { isScript: here, resolved } of named)
    if ('blob' in resolved) isScript.set(resolved.blob, here || isScript.get(resolved.blob) === true);
  const contents = new Map<string, ReadContent>();
  const blobs = [...isScript.keys()];
  for (let start = 0; start < blobs.length; start += batchSize) {
    const some = await snapshot.read(blobs.slice(start, start + batchSize), heldBytes(limits));
    for (const [blob, content] of some) {
      const asScript = isScript.get(blob) === true;
      const bytes =
        'tooLarge' in content ? (await snapshot.read([blob], limits.file.blobBytes)).get(blob) : content;
      if (!Buffer.isBuffer(bytes)) contents.set(blob, content);
      else contents.set(blob, asScript && bytes === content ? bytes : largeContent(bytes, asScript));
    }
  }
  return contents;
}

async function parseBlobs(
  snapshot: Snapshot,
  blobs: ReadonlySet<string>,
  known: (blob: string) => ParsedFile | undefined,
  limits: Limits,
): Promise<Map<string, ParsedFile>> {
  const parsed = new Map<string, ParsedFile>();
  const unknown: string[] = [];
  for (const blob of blobs) {
    const before = known(blob);
    if (before === undefined) unknown.push(blob);
    else parsed.set(blob, before);
  }
  for (let start = 0; start < unknown.length; start += batchSize) {
    const contents = await snapshot.read(unknown.slice(start, start + batchSize), maxFileBytes);
    let sinceOthers = 0;
    for (const [blob, bytes] of contents) {
      if (sinceOthers >= bytesAtOnce) {
        await setImmediate();
        sinceOthers = 0;
      }
      parsed.set(blob, parseFile(bytes, limits));
      sinceOthers += 'tooLarge' in bytes ? 0 : bytes.length;
    }
  }
  return parsed;
}

/** A path that is not read, and why; undefined: there is no such manifest. */
function refused(
  path: string,
  why: 'path' | 'symlink' | 'submodule' | 'manifest' | undefined,
): IndexedFile | undefined {
  const place = { file: path, line: 1, column: 1 };
  const faults: Partial<Record<NonNullable<typeof why>, Problem>> = {
    path: problem('FileNameUnusable', place, `${path} cannot be used as a path`),
    symlink: problem('FileIsSymlink', place, `${path} is a symbolic link`),
    submodule: problem('FileIsSubmodule', place, `${path} is a submodule`),
  };
  const fault = why === undefined ? undefined : faults[why];
  return fault && { bound: { units: [], problems: [fault], complete: false }, dependsOn: [] };
}
