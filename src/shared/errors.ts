/** Every error a person can meet carries a code, what happened, and what to do next. */
export type ErrorCode =
  | 'ADAPTER_INCOMPATIBLE'
  | 'ADAPTER_INVALID'
  | 'ARGUMENT_INVALID'
  | 'BANK_INCOMPATIBLE'
  | 'BANK_INVALID'
  | 'BANK_NOT_FOUND'
  | 'CANCELLED'
  | 'CHAT_TEMPLATE_INVALID'
  | 'CHECKPOINT_INVALID'
  | 'CHECKPOINT_MISSING'
  | 'COMPUTE_CRASHED'
  | 'CONFIG_INVALID'
  | 'DATA_INVALID'
  | 'DATABASE_CORRUPT'
  | 'DATABASE_FAILED'
  | 'DATABASE_NEWER'
  | 'DEVICE_UNAVAILABLE'
  | 'DISK_INSUFFICIENT'
  | 'DOWNLOAD_BUSY'
  | 'DOWNLOAD_NOT_FOUND'
  | 'HUB_CORRUPT'
  | 'HUB_FAILED'
  | 'HUB_GATED'
  | 'HUB_NOT_FOUND'
  | 'HUB_OFFLINE'
  | 'HUB_RATE_LIMITED'
  | 'HUB_STALLED'
  | 'HUB_UNAUTHORIZED'
  | 'HUB_UNREACHABLE'
  | 'HOME_IN_USE'
  | 'INTERNAL'
  | 'KERNEL_UNSUPPORTED'
  | 'MEMORY_INSUFFICIENT'
  | 'MODEL_IN_USE'
  | 'MODEL_NOT_FOUND'
  | 'OUTPUT_UNWRITABLE'
  | 'PORT_UNAVAILABLE'
  | 'QUANTIZATION_INVALID'
  | 'RECIPE_INVALID'
  | 'RUN_NOT_FOUND'
  | 'RUN_STATUS'
  | 'SAFETENSORS_INVALID'
  | 'TOKENIZER_INVALID'
  | 'TRAINING_DIVERGED'
  | 'UNSUPPORTED_ARCHITECTURE'
  | 'UNSAFE_FORMAT';

export interface ErrorContext {
  /** What the reader can do about it, as an imperative sentence. */
  readonly next: string;
  /** File the fault was found in. */
  readonly file?: string;
  /** Field, tensor or option the fault was found in. */
  readonly field?: string;
  readonly cause?: unknown;
}

/** An expected failure: bad input or a limit of the machine, never a bug of ours. */
export class KintsugiError extends Error {
  readonly code: ErrorCode;
  readonly next: string;
  readonly file: string | undefined;
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, context: ErrorContext) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'KintsugiError';
    this.code = code;
    this.next = context.next;
    this.file = context.file;
    this.field = context.field;
  }
}
