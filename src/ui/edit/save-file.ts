/** Hands a file to the browser to be saved. */
export function saveFile(name: string, content: string | Uint8Array<ArrayBuffer>, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser takes the address when it comes to the click; a minute is long enough on any host.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A draft's name as that of a file. */
export function fileName(name: string, extension: string): string {
  const word = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/^[-.]+|[-.]+$/g, '');
  return `${word || 'change'}.${extension}`;
}
