// What a run needs is on disk before the run is accepted.
import type { Content } from '../manifest/catalog.ts';
import type { Plan, Step } from '../plan/step.ts';
import type { Snapshot } from '../source/snapshot.ts';
import type { Blobs } from '../store/blobs.ts';

/** Bytes that are held at once, but for one that is larger by itself. */
const bytesAtOnce = 16 * 1024 * 1024;

/**
 * Keeps what the steps of this plan need. A run whose content cannot be kept (a full disk, an object that the
 * repository has lost) is not accepted: the plan that comes back is without it, and says why; a later pass tries again.
 */
export async function keepBlobs(plan: Plan, snapshot: Snapshot | undefined, blobs: Blobs): Promise<Plan> {
  const wanted = new Map<string, Content>();
  for (const step of plan.steps) {
    const content = contentOf(step);
    if (content !== undefined && !blobs.kept.has(content.blob.sha256))
      wanted.set(content.blob.sha256, content);
  }
  if (wanted.size === 0 || snapshot === undefined) return plan;
  const failures = new Map<string, string>();
  for (const batch of batches([...wanted.values()]))
    await Promise.all(
      batch.map((content) =>
        keepContent(content, snapshot, blobs).catch((error: unknown) =>
          failures.set(content.blob.sha256, error instanceof Error ? error.message : String(error)),
        ),
      ),
    );
  return failures.size === 0 ? plan : without(plan, failures);
}

/** Rejects if the bytes cannot be had, or not be kept. */
export async function keepContent({ blob, from }: Content, snapshot: Snapshot, blobs: Blobs): Promise<void> {
  if ('bytes' in from) return blobs.keep(blob, from.bytes);
  const bytes = (await snapshot.read([from.git], blob.size)).get(from.git);
  if (!Buffer.isBuffer(bytes)) throw new Error(`the repository has other bytes than ${blob.sha256}`);
  await blobs.keep(blob, bytes);
}

function contentOf(step: Step): Content | undefined {
  return 'content' in step ? step.content : undefined;
}

function batches(contents: readonly Content[]): Content[][] {
  const made: Content[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const content of contents) {
    bytes += content.blob.size;
    const last = made.at(-1);
    if (last !== undefined && bytes <= bytesAtOnce) last.push(content);
    else {
      made.push([content]);
      bytes = content.blob.size;
    }
  }
  return made;
}

/** A Command is recorded all the same: it runs nothing, and what its next run needs is looked for again. */
function without(plan: Plan, failures: ReadonlyMap<string, string>): Plan {
  const made: Plan = { ...plan, steps: [], notes: new Map(plan.notes) };
  for (const step of plan.steps) {
    const failure = failures.get(contentOf(step)?.blob.sha256 ?? '');
    if (failure === undefined || (step.do !== 'accept' && step.do !== 'follow')) {
      made.steps.push(step);
      continue;
    }
    const name = step.do === 'accept' ? step.run.invocation : step.invocation;
    const message = `Its file cannot be kept (${failure}). It is accepted as soon as it can be.`;
    const note = { type: 'Accepted', reason: 'BlobUnavailable', message } as const;
    made.notes.set(name, [...(made.notes.get(name) ?? []), note]);
  }
  return made;
}
