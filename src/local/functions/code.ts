/** The code of a function: its folder, and notice of changes. */
export interface Code {
  /**
   * The folder to run, once it is built.
   *
   * @throws {CodeError} when there is nothing to run
   */
  folder(): Promise<string>;
  close(): Promise<void>;
}

export interface CodeOptions {
  watch: boolean;
  /** The code has changed: instances of the old code must end. */
  onChange: (files: readonly string[]) => void;
  /** A build has failed; `folder` throws the same error until the next build. */
  onError: (error: CodeError) => void;
}

/**
 * A function cannot run for a reason in the project. The message is for the user and may have
 * several lines.
 */
export class CodeError extends Error {
  override name = 'CodeError';
}
