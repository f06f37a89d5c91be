/** A text that others may have made as long as they like, for one line of a message. */
export function shorten(text: string, most = 200): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
