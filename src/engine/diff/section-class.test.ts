import { describe, expect, it } from 'vitest';
import { classify, SECTION_RULES, sectionRule } from './section-class.ts';

describe('classify', () => {
  it.each([
    ['.text', 'text'],
    ['.text.unlikely.vfs_open', 'text'],
    ['.text.hot.schedule', 'text'],
    ['.sched.text', 'text'],
    ['.noinstr.text', 'text'],
    ['.rodata.unix_ops', 'rodata'],
    ['.rodata.cst4', 'rodata'],
    ['.rodata.str1.1', 'string'],
    ['.rodata.vfs_open.str1.4', 'string'],
    ['.data.unix_proto', 'data'],
    ['.data..read_mostly', 'data'],
    ['.data..ro_after_init', 'data'],
    ['.bss.count.3', 'data'],
    ['.data..percpu', 'percpu'],
    ['.data..percpu..shared_aligned', 'percpu'],
    ['__bug_table', 'table'],
    ['__jump_table', 'table'],
    ['.altinstructions', 'table'],
    ['.altinstr_replacement', 'replacement'],
    ['___ksymtab_gpl+schedule', 'export'],
    ['.init.text', 'init'],
    ['.exit.text', 'init'],
    ['.altinstr_aux', 'init'],
    ['.initcall6.init', 'ignored'],
    ['.static_call.text', 'ignored'],
    ['.printk_index', 'ignored'],
    ['.pci_fixup_resume', 'ignored'],
    ['.debug_info', 'ignored'],
    ['__dyndbg', 'data'],
    ['.entry.text', 'text'],
    ['.text..refcount', 'text'],
    ['.text.unlikely', 'text'],
    ['.discard.addressable', 'ignored'],
    ['__ksymtab_strings', 'ignored'],
    ['.orc_unwind', 'ignored'],
    ['.orc_unwind_ip', 'ignored'],
    ['.return_sites', 'ignored'],
    ['.retpoline_sites', 'ignored'],
    ['.ibt_endbr_seal', 'ignored'],
    ['.call_sites', 'ignored'],
    ['__mcount_loc', 'ignored'],
    ['__patchable_function_entries', 'ignored'],
    ['.llvm_addrsig', 'ignored'],
    ['.parainstructions', 'table'],
    ['.static_call_sites', 'table'],
    ['.rodata..L__unnamed_3', 'rodata'],
    ['.data..L__unnamed_3', 'data'],
    ['.rodata.cst16', 'rodata'],
    ['.rela.text.vfs_open', 'structure'],
    ['.symtab', 'structure'],
    ['.rel.text.vfs_open', 'structure'],
    ['.ksplice_call_apply', 'hook'],
    ['.ksplice_options', 'option'],
  ])('knows %s as %s', (name, is) => {
    expect(classify(name)).toBe(is);
  });

  it.each(['.mystery', '.ksplice_calls', 'text', '.textual', '__bug_tables'])('does not guess what %s is', (name) => {
    expect(classify(name)).toBeUndefined();
  });

  it('says of everything that is not carried into an update what a difference in it means', () => {
    for (const { is, pattern, change } of SECTION_RULES)
      expect([pattern.source, change !== undefined]).toEqual([pattern.source, is === 'ignored' || is === 'init']);
  });

  it('tells a table that only boot reads from one that the running kernel reads', () => {
    expect(sectionRule('.initcall6.init')?.change).toBe('note');
    expect(sectionRule('.init.setup')?.change).toBe('note');
    expect(sectionRule('__param')?.change).toBe('refuse');
    expect(sectionRule('.printk_index')?.change).toBe('silent');
  });

  it('knows code that cannot be replaced', () => {
    expect(sectionRule('.entry.text')?.fixed).toBeDefined();
    expect(sectionRule('.noinstr.text')?.fixed).toBeUndefined();
  });
});
