// What is kept of a file's content, whatever its path: places have no file yet, scripts of other files no text.
import type { Place, Problem } from '../../schemas/problem.ts';
import type { CatalogCommand, CatalogInvocation, CommandSpec, FileSpec } from './catalog.ts';
import type { Kind } from './shape.ts';

export interface ParsedFile {
  units: readonly ParsedUnit[];
  /** Problems of documents that cannot be told by name, or of the file. */
  problems: readonly Problem[];
  /** Whether every document is in `units`. */
  complete: boolean;
}

/** One document that says what it declares. */
export interface ParsedUnit {
  kind: Kind;
  name: string;
  place: Place;
  problems: readonly Problem[];
  /** The Command that it refers to, also where the rest of it cannot be used. */
  ref?: { name: string; place: Place };
  /** An Invocation whose inline command is a Command of the same name too; also where it cannot be used. */
  keeps?: true;
  /** Missing if the document cannot be used. */
  object?: ParsedObject;
}

export type ParsedObject =
  | (Omit<CatalogCommand, 'spec'> & { spec: ParsedSpec })
  | (Omit<CatalogInvocation, 'does'> & {
      does: { ref: string; place: Place } | { inline: ParsedSpec; isKept?: true } | { send: ParsedFileSpec };
    });

/** A command whose script is at hand, or stands in another file. */
export type ParsedSpec =
  | { script: 'here'; spec: CommandSpec }
  | {
      script: 'elsewhere';
      spec: Omit<CommandSpec, 'script' | 'scriptDigest' | 'large'>;
      file: string;
      place: Place;
      defaults: ReadonlyMap<string, Place>;
    };

/** A file to send whose content stands in the manifest, or is another file. */
export type ParsedFileSpec =
  | { content: 'here'; file: Omit<FileSpec, 'blob'>; bytes: Buffer }
  | { content: 'elsewhere'; file: Omit<FileSpec, 'blob'>; source: string; place: Place };
