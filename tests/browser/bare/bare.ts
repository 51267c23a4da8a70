import { V86 } from 'v86';
import wasmUrl from 'v86/build/v86.wasm?url';

/**
 * The least page that restores a snapshot with v86: what Hotsplice's start is measured against. `#pack=` names the folder of
 * the pack. It shows the serial line as plain text.
 */
const pack = new URLSearchParams(location.hash.slice(1)).get('pack') ?? '';
const response = await fetch(`${pack}/manifest.json`);
const manifest = (await response.json()) as { memoryMiB: number; files: Record<string, { role: string }> };
const address = (role: string) => {
  const name = Object.entries(manifest.files).find(([, file]) => file.role === role)?.[0];
  if (name === undefined) throw new Error(`the pack has no ${role}`);
  return `${pack}/${name}`;
};
// What the snapshot was taken with; v86's own declarations know only a part of it.
const settings: unknown = {
  wasm_path: wasmUrl,
  bios: { url: address('bios') },
  vga_bios: { url: address('vgabios') },
  initial_state: { url: address('snapshot') },
  memory_size: manifest.memoryMiB * 1024 * 1024,
  vga_memory_size: 256 * 1024,
  net_device: { type: 'none' },
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  virtio_console: true,
  acpi: true,
  autostart: true,
};
const emulator = new V86(settings as ConstructorParameters<typeof V86>[0]);
const screen = document.getElementById('screen');
emulator.add_listener('serial0-output-byte', (byte: number) => {
  screen?.append(String.fromCharCode(byte));
});
emulator.add_listener('emulator-started', () => emulator.serial0_send('\r'));
