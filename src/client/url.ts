/** Absolute, and of a WebSocket: not all implementations take others. @throws {TypeError} for what is no URL */
export function socketUrl(given: string): string {
  const url = new URL(given, (globalThis as { location?: { href: string } }).location?.href);
  url.hash = '';
  return url.href.replace(/^http/, 'ws');
}
