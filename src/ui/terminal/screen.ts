import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { Attachment } from 'svelte/attachments';
import type { Machine } from '../state/machine.svelte.ts';

/** Lines kept above the screen. */
const SCROLLBACK = 5000;

/** Keys that belong to the page even while the terminal has the focus: the way out, and the clicker's. */
function pageKey(event: KeyboardEvent): boolean {
  return event.key === 'F6' || (event.key === '`' && event.ctrlKey) || event.key === 'PageUp' || event.key === 'PageDown';
}

/** An xterm in the element, wired to the machine's serial line both ways. It lives as long as the element. */
export function attachTerminal(machine: Machine, onTerminal: (terminal: Terminal) => void): Attachment<HTMLElement> {
  return (element) => {
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const fontFamily = colour('--mono');
    const fontSize = Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.93);
    const terminal = new Terminal({
      fontFamily,
      fontSize,
      lineHeight: 1.2,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      scrollback: SCROLLBACK,
      minimumContrastRatio: 4.5,
      theme: {
        background: '#00000000',
        foreground: colour('--screen-ink'),
        cursor: '#f28a2e',
        selectionBackground: '#8a7a5c66',
      },
      allowTransparency: true,
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.attachCustomKeyEventHandler((event) => !pageKey(event));
    terminal.open(element);
    onTerminal(terminal);
    const encoder = new TextEncoder();
    terminal.onData((text) => machine.type(encoder.encode(text)));
    terminal.onResize(({ cols, rows }) => machine.resize(cols, rows));
    const stop = machine.onOutput((bytes) => terminal.write(bytes));
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(element);
    let open = true;
    // xterm measures a letter when it is opened or its font changes by name. With the rows of a font that came later it is taller than its place.
    void document.fonts.load(`${fontSize}px ${fontFamily}`).then(() => {
      if (!open) return;
      terminal.options.fontFamily = `${fontFamily}, monospace`;
      fit.fit();
    });
    return () => {
      open = false;
      stop();
      observer.disconnect();
      terminal.dispose();
    };
  };
}
