/** A file that cannot be read; the message is a sentence a person can act on. */
export class FormatError extends Error {
  constructor(message) {
    super(message);
    this.name = "FormatError";
  }
}

/** A file that the page does not read itself: it is for the service. The message is a clause: why. */
export class UnreadHereError extends Error {
  constructor(message) {
    super(message);
    this.name = "UnreadHereError";
  }
}
