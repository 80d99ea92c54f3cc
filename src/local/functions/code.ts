/** The code of a function: where it lies ready to run, and word of its changes. */
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
  /** New code is there, or is about to be: instances of the old one are to end. */
  onChange: (files: readonly string[]) => void;
  /** A build has failed. It is also what `folder` throws until the next one. */
  onError: (error: CodeError) => void;
}

/**
 * A function that cannot run, for a reason that lies in the project. Its message is for the user,
 * in lines.
 */
export class CodeError extends Error {
  override name = 'CodeError';
}
