/** A file that cannot be read; the message is a sentence a person can act on. */
export class FormatError extends Error {
  constructor(message) {
    super(message);
    this.name = "FormatError";
  }
}
