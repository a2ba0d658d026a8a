/** A file that cannot be read; the message is a sentence that a person can act on. */
export class FormatError extends Error {
  constructor(message) {
    super(message);
    this.name = "FormatError";
  }
}

/** A file that the page leaves to the service; the message is a clause with the reason. */
export class UnreadHereError extends Error {
  constructor(message) {
    super(message);
    this.name = "UnreadHereError";
  }
}
