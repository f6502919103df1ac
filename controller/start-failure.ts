import { Refused } from './source/refused.ts';
import { StoreRefused } from './store/store-errors.ts';

/** Message and hint of what a person can mend; anything else with its stack. */
export function startFailure(error: unknown): Record<string, unknown> {
  if (error instanceof Refused || error instanceof StoreRefused)
    return { detail: error.message, hint: error.hint };
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return {
      detail: error.message,
      hint: 'Something else listens there; choose another address with --listen.',
    };
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL')) {
    return {
      detail: error.message,
      hint: 'Check that --tls-cert and --tls-key are PEM files that fit each other.',
    };
  }
  return { err: error };
}
