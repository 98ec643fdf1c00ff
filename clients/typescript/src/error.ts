/** Calls come too often. */
const RATE = 60007;

/** Codes that say "not now": nothing was decided about the request itself. */
const LATER = new Set([50004, 60008, RATE]);

/** Codes after which a change may or may not have been made. */
const UNKNOWN = new Set([50005]);

/** A call that was refused, or that nobody answered. */
export class FoldmarkError extends Error {
  /** The documented code; 0 if no answer came. */
  readonly code: number;
  /** How often this may be tried again is the caller's choice; that it may make sense is this. */
  readonly isRetryable: boolean;
  /** Whether a change may have been made all the same. A repeat with the same idempotency key is safe. */
  readonly isOutcomeUnknown: boolean;

  constructor(code: number, message: string, options: ErrorOptions & { answered?: boolean } = {}) {
    super(code ? `${code}: ${message}` : message, options);
    this.name = "FoldmarkError";
    this.code = code;
    this.isOutcomeUnknown = UNKNOWN.has(code) || (code === 0 && !options.answered);
    this.isRetryable = LATER.has(code) || this.isOutcomeUnknown;
  }
}
