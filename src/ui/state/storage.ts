/**
 * Settings that outlive a visit. A browser may refuse storage (private windows, embedded pages): then a setting
 * lasts as long as the page, which is all that is lost.
 */
export function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch (error) {
    return refused(error);
  }
}

/** Returns whether the value will outlive the page. */
export function write(key: string, value: string): boolean {
  try {
    localStorage.setItem(key, value);
    return true;
  } catch (error) {
    refused(error);
    return false;
  }
}

export function remove(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch (error) {
    refused(error);
  }
}

/** The keys that begin like that. */
export function keysOf(prefix: string): readonly string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch (error) {
    refused(error);
    return [];
  }
}

function refused(error: unknown): undefined {
  if (error instanceof DOMException) return undefined;
  throw error;
}
