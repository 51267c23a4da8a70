/** A function that all processors are in all the time, and where its changed version says that it runs. */
export interface HotFunction {
  readonly name: string;
  readonly path: string;
  /** A line of it, behind which the new one goes. */
  readonly behind: string;
}

export const HOT_FUNCTIONS: readonly HotFunction[] = [
  { name: 'pipe_read', path: 'fs/pipe.c', behind: '\tsize_t total_len = iov_iter_count(to);\n' },
  { name: 'pipe_write', path: 'fs/pipe.c', behind: '\tsize_t total_len = iov_iter_count(from);\n' },
  {
    name: 'handle_mm_fault',
    path: 'mm/memory.c',
    behind: '\tvm_fault_t ret;\n\n\t__set_current_state(TASK_RUNNING);\n\n\tcount_vm_event(PGFAULT);\n',
  },
  {
    name: 'run_timer_softirq',
    path: 'kernel/time/timer.c',
    behind: '\tstruct timer_base *base = this_cpu_ptr(&timer_bases[BASE_STD]);\n\n\t__run_timers(base);\n',
  },
  {
    name: 'n_tty_write',
    path: 'drivers/tty/n_tty.c',
    behind: '\t/* Job control check -- must be done at start (POSIX.1 7.1.1.4). */\n',
  },
  {
    name: 'kernel_clone',
    path: 'kernel/fork.c',
    behind:
      '\tu64 clone_flags = args->flags;\n\tstruct completion vfork;\n\tstruct pid *pid;\n\tstruct task_struct *p;\n\tint trace = 0;\n\tpid_t nr;\n',
  },
];

/** The source of a file with one of its functions changed: the first call of the new code logs a line. */
export function changed(source: string, { name, path, behind }: HotFunction): string {
  if (source.split(behind).length !== 2) throw new Error(`${path} has no single place for a change of ${name}.`);
  return source.replace(behind, () => `${behind}\n\tpr_info_once("${said(name)}\\n");\n`);
}

/** What the changed function logs. */
export function said(name: string): string {
  return `hot: ${name} is new`;
}
