import { parseDocument } from 'yaml';
import type { StatusDocument } from '../../schemas/generated/status.ts';
import { type ErrorObject, schema } from '../../schemas/validator.ts';

export type ReadStatus = { is: 'document'; document: StatusDocument } | { is: 'unreadable'; message: string };

/** The way back from the branch: the document that a status file holds, or why it holds none. Never throws. */
export function readStatusFile(text: string): ReadStatus {
  try {
    const parsed = parseDocument(text, {
      schema: 'core',
      merge: false,
      uniqueKeys: true,
      prettyErrors: false,
    });
    const [error] = parsed.errors;
    if (error !== undefined) return { is: 'unreadable', message: `not YAML: ${error.message}` };
    // A status file never holds an alias: one that does was not written by a controller.
    const value: unknown = parsed.toJS({ maxAliasCount: 0 });
    const validate = schema<StatusDocument>('status');
    if (validate(value)) return { is: 'document', document: value };
    return { is: 'unreadable', message: `not a status document: ${firstError(validate.errors)}` };
  } catch (error) {
    return { is: 'unreadable', message: error instanceof Error ? error.message : String(error) };
  }
}

function firstError(errors: ErrorObject[] | null | undefined): string {
  const [error] = errors ?? [];
  return error === undefined
    ? 'no reason given'
    : `${error.instancePath || '/'} ${error.message ?? error.keyword}`;
}
