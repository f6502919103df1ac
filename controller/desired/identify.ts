import { canonicalJson, type Json, sha256 } from '../../schemas/digest.ts';
import { runIdOf } from '../../schemas/identity.ts';
import type { CatalogInvocation, CommandSpec } from '../manifest/catalog.ts';

/** What tells one run from another. */
export interface RunIdentity {
  /** `r-…`, from the digest. */
  id: string;
  /** SHA-256 of what would execute. */
  digest: string;
  /** The same without the Invocation's name: equal where somebody renamed it. */
  digestWithoutName: string;
}

/**
 * Identity of the run that this Invocation asks for (docs/manifests.md says what runs again). In it: name, command
 * reference, inline content or file, parameters, user, directory, launcher, repeat mode, frequency, rerun. Not in it:
 * comments, labels, places, targets, timeouts, stop, what a schedule does about late and overlapping ticks and when
 * it ends, and the content of a referenced Command, so that editing a Command never runs anything again.
 *
 * A member that is undefined is not in the digest: fields that are added later change the run of nobody who does not
 * use them.
 */
export function identify(invocation: CatalogInvocation): RunIdentity {
  const content: Json = {
    version: 1,
    command: contentIdentity(invocation),
    parameters: givenParameters(invocation),
    repeatMode: invocation.repeat.mode,
    rerun: invocation.rerun,
    frequency: invocation.repeat.mode === 'Period' ? invocation.repeat.frequency : undefined,
    workingDir: invocation.workingDir,
    username: invocation.username,
    launcher: invocation.launcher,
  };
  const digest = sha256(canonicalJson({ ...content, name: invocation.name }));
  return { id: runIdOf(digest), digest, digestWithoutName: sha256(canonicalJson(content)).slice(0, 32) };
}

/** Values by name as the scripts get them: what the Invocation gives, else the Command's defaults. */
export function effectiveParameters(
  invocation: CatalogInvocation,
  parameters: CommandSpec['parameters'],
): Record<string, string> {
  // Not by assignment, here and below: __proto__ is a name like any other.
  return Object.fromEntries(
    parameters.flatMap(({ name, default: usual }) => {
      const value = invocation.parameters.get(name)?.value ?? usual;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function contentIdentity(invocation: CatalogInvocation): Json {
  const { does } = invocation;
  if ('ref' in does) return { ref: does.ref };
  if ('send' in does) {
    const { blob, ...file } = does.send;
    return { send: { ...file, sha256: blob.sha256 } };
  }
  const { type, scriptDigest, parameters, workingDir, username, launcher } = does.inline;
  return {
    inline: {
      type,
      scriptDigest,
      parameters: effectiveParameters(invocation, parameters),
      workingDir,
      username,
      launcher,
    },
  };
}

function givenParameters(invocation: CatalogInvocation): Json {
  return Object.fromEntries(Array.from(invocation.parameters, ([name, { value }]) => [name, value]));
}
