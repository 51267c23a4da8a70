import { readUpdate } from '../../src/engine/update/read.ts';
import { both, replacing, Workshop } from './core-support.ts';
import { must } from './support.ts';

/** The modules of an update `bad` that has something in every table: a replaced function, an alternative or two, an export, a hook. */
export async function describedModules(): Promise<Readonly<Record<'new' | 'old', Uint8Array>>> {
  const workshop = await Workshop.open();
  const everything = both(
    replacing('#include <linux/fs.h>', '#include <linux/fs.h>\n#include <linux/export.h>\n#include <linux/ksplice-patch.h>'),
    replacing('seq_printf(m, linux_proc_banner,', 'seq_puts(m, "new ");\n\tseq_printf(m, linux_proc_banner,'),
    (text) => `${text}
int ksplice_test_export(void);
int ksplice_test_export(void)
{
	return 0;
}
EXPORT_SYMBOL(ksplice_test_export);
static void applied(void)
{
}
ksplice_apply(applied);
`,
  );
  const tarball = await workshop.update('bad', { 'fs/proc/version.c': everything });
  workshop.close();
  const [target] = must(readUpdate(tarball)).targets;
  if (!target) throw new Error('The update has no target.');
  return { new: target.newCode.bytes, old: target.oldCode.bytes };
}
