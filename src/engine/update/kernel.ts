/** What an update must know of the kernel it is for: part of the kernel pack's manifest. */
export interface UpdateKernel {
  /** Id of the kernel pack. */
  readonly id: string;
  /** UTS release, which the core compares with its own. */
  readonly release: string;
  /** UTS version. */
  readonly version: string;
  readonly machine: string;
  readonly module: ModuleLayout;
}

/** How this kernel lays out a loadable module. */
export interface ModuleLayout {
  readonly vermagic: string;
  /** sizeof(struct module), and where its name, init and exit are. */
  readonly size: number;
  readonly nameOffset: number;
  readonly initOffset: number;
  readonly exitOffset: number;
}
