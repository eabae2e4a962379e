/** What stands in the first element of this name, as it is written; undefined when there is none. */
export function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** Each whole element of this name that does not hold another of its name. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>.*?</${name}>`, 'gs'))].map(([element]) => element);
}

/** The text with each element of this name replaced by what `change` makes of it. */
export function mapElements(xml: string, name: string, change: (element: string) => string): string {
  return xml.replaceAll(new RegExp(`<${name}>.*?</${name}>`, 'gs'), change);
}

/** An element with one child set to a text, whether or not it was there; null takes the child out. */
export function setChild(element: string, name: string, text: string | null): string {
  const without = element.replace(new RegExp(`<${name}>.*?</${name}>|<${name}/>`, 's'), '');
  if (text === null) return without;
  const end = without.lastIndexOf('</');
  return `${without.slice(0, end)}<${name}>${text}</${name}>${without.slice(end)}`;
}

/** An answer of the query protocol with this result. */
export function answer(action: string, result: string): string {
  return (
    `<${action}Response xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><${action}Result>${result}</${action}Result>` +
    '<ResponseMetadata><RequestId>belay-sandbox</RequestId></ResponseMetadata>' +
    `</${action}Response>`
  );
}

/** A refusal, as Amazon words it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** Body of the query protocol. */
  toXml(): string {
    const message = this.message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const type = this.status >= 500 ? 'Receiver' : 'Sender';
    return (
      '<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">' +
      `<Error><Type>${type}</Type><Code>${this.code}</Code><Message>${message}</Message></Error>` +
      '<RequestId>belay-sandbox</RequestId></ErrorResponse>'
    );
  }
}
