/** A setting that cannot be used as it is: thrown when a source is opened, for the person who wrote the setting. */
export class Refused extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'Refused';
    this.hint = hint;
  }
}
